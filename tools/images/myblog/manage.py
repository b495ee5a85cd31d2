#!/usr/bin/env python3
"""Runs the commands of the test image's Django application: migrate, runserver, createsuperuser."""
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myblog.settings")
execute_from_command_line(sys.argv)

"""The pages that probes, Services and Ingresses of the tests ask for."""
from django.contrib import admin
from django.urls import path

from blog.views import index

urlpatterns = [path("admin/", admin.site.urls), path("blog/index/", index)]

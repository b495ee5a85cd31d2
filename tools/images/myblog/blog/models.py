"""One table, so that a page needs a database that has been migrated."""
from django.db import models


class Article(models.Model):
    title = models.CharField(max_length=32)
    content = models.TextField(null=True)

"""The list of articles."""
from django.shortcuts import render

from blog.models import Article


def index(request):
    return render(request, "index.html", {"articles": Article.objects.all()})

"""What gunicorn serves. It starts without a database, as the page only needs one when it is asked for."""
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myblog.settings")
application = get_wsgi_application()

"""Every door of the service; French without a prefix, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path

from indicators.site import freedom
from indicators.site.downloads import file_urlpatterns
from indicators.site.embeds import oembed_urlpatterns
from indicators.site.sitemaps import SITEMAPS
from indicators.site.verifying import download_urlpatterns
from indicators.site.views import robots
from tracker.contribute.hub import callback as hub_callback

admin.autodiscover()

urlpatterns = [
    path("api/v1/", include("indicators.api.urls")),
    *download_urlpatterns,
    *freedom.download_urlpatterns,
    *file_urlpatterns,
    *oembed_urlpatterns,
    path("robots.txt", robots),
    path("websub/<int:pk>/<slug:proof>/", hub_callback, name="hub-callback"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
]
urlpatterns += i18n_patterns(
    path("", include("indicators.site.urls")),
    path("", include("tracker.contribute.urls")),
    path("admin/", admin.site.urls),
    prefix_default_language=False,
)

handler400 = "indicators.site.views.bad_request"

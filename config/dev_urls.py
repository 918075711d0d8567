"""The galleries and the development mailbox; routed only where DEV_PAGES is on."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

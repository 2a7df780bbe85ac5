"""Forget what the retention table says must be forgotten."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils import timezone

from tracker import retention


class Command(BaseCommand):
    help = "Forget what is older than the retention table allows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *, dry_run: bool, **options: object) -> None:
        for what, count in retention.prune(now=timezone.now(), dry_run=dry_run).items():
            self.stdout.write(f"{what}: {count}")

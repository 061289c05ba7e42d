"""What a program does with sentry-sdk: see README.md."""
import logging
import os
import sys

import sentry_sdk

log = logging.getLogger("billing.jobs")


class BillingError(Exception):
    pass


def charge(order):
    return {"ok": 1}[order]


def run(order):
    try:
        charge(order)
    except KeyError as error:
        raise BillingError(f"order {order} cannot be billed") from error


def parse(text):
    try:
        charge(text)
    except KeyError:
        return int(text)


def check(value):
    raise ValueError(f"bad {value}")


def check_all():
    failures = []
    for value in (1, 2):
        try:
            check(value)
        except ValueError as failure:
            failures.append(failure)
    raise ExceptionGroup("checks failed", [*failures, BillingError("no stack")])


def main():
    sentry_sdk.set_user({"id": "ann"})
    sentry_sdk.set_tag("tenant", "acme")
    log.info("a job of %s began", "ann")
    with sentry_sdk.start_transaction(op="task", name="nightly billing") as transaction:
        print(transaction.trace_id, flush=True)
        with sentry_sdk.start_span(op="db", name="SELECT orders"):
            pass
        try:
            run("4711")
        except BillingError as error:
            sentry_sdk.capture_exception(error)
        try:
            parse("x")
        except ValueError:
            log.exception("job %s failed", 17)
        log.error("queue %s is full", "invoices")
        sentry_sdk.capture_message("billing is slow", level="warning")
        if sys.version_info >= (3, 11):
            try:
                check_all()
            except ExceptionGroup as group:
                sentry_sdk.capture_exception(group)


logging.basicConfig(level=logging.INFO, stream=sys.stderr)
sentry_sdk.init(
    dsn=os.environ["DSN"],
    release="billing@2.1.0",
    environment="staging",
    server_name="host-a",
    traces_sample_rate=1.0,
    enable_logs=True,
)
main()
sentry_sdk.flush(20)

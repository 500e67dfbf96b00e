import pytest

pytest.register_assert_rewrite("tests.conformance.checks")  # so that a failure says what differs

from exchange.store.tuning import megabytes, tuning


def test_commits_are_durable_and_logs_carry_no_data() -> None:
    settings = tuning()
    assert {settings[name] for name in ("fsync", "synchronous_commit", "full_page_writes")} == {"on"}
    assert settings["log_error_verbosity"] == "terse"
    assert settings["log_min_error_statement"] == "panic"


def test_postgresql_leaves_memory_to_others() -> None:
    assert int(tuning()["shared_buffers"].removesuffix("MB")) <= max(megabytes() // 4, 128)

"""The hub's settings, read from the environment (prefix `YILIAN_`)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One frozen object, made at start and passed down."""

    model_config = SettingsConfigDict(env_prefix="YILIAN_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default=Path(".yilian"), description="Folder of the embedded database, keys and lock."
    )
    database_url: str | None = Field(
        default=None, description="Your own PostgreSQL (15 or later) instead of the embedded one."
    )
    base: str = Field(
        default="https://yilian.example/fhir",
        description="Base of the identifier and code systems this deployment makes for its hospitals.",
    )
    http_host: str = Field(default="127.0.0.1", description="Address that HTTP listens on.")
    http_port: int = Field(default=8080, description="Port of HTTP; FHIR is under /fhir.")
    public_url: str | None = Field(
        default=None, description="URL of the FHIR base as clients see it; by default http://host:port/fhir."
    )
    mllp_host: str = Field(default="127.0.0.1", description="Address that MLLP listens on.")
    mllp_port: int = Field(default=2575, description="Port of MLLP.")
    mllp_charset: str | None = Field(
        default=None, description="Charset of every MLLP message, overriding MSH-18 (`GB18030`, `UTF-8`)."
    )
    mllp_queries: bool = Field(
        default=False,
        description="Answer queries for persons (QBP) on the MLLP port, to whoever reaches it.",
    )
    sequence_numbers: str = Field(
        default="",
        description="Channels that take messages in the order of MSH-13 only (2.10.1 of HL7 v2): "
        "`mllp http`, and declared ones.",
    )
    mllp_tls_cert: Path | None = Field(
        default=None, description="PEM certificate chain; with it MLLP speaks TLS."
    )
    mllp_tls_key: Path | None = Field(default=None, description="PEM key of the certificate.")
    mllp_tls_client_ca: Path | None = Field(
        default=None, description="PEM authorities that client certificates must come from."
    )
    mllp_idle_timeout: float = Field(
        default=300.0, description="Seconds of silence after which MLLP hangs up."
    )
    answer_timeout: float = Field(
        default=60.0,
        gt=0,
        description="Seconds after which a sender who waits for the result of a kept HL7 v2 or v3 message is "
        "told to send it again.",
    )
    max_message_bytes: int = Field(default=16 * 1024 * 1024, description="Largest HL7 v2 message accepted.")
    max_body_bytes: int = Field(default=64 * 1024 * 1024, description="Largest HTTP body accepted.")
    header_timeout: float = Field(default=10.0, description="Seconds a client has to send its request head.")
    import_from: str = Field(
        default="",
        description="Where `$import` may take files from: beginnings of URLs, separated by spaces.",
    )
    validation: str = Field(
        default="",
        description="How strictly types are validated: `*=warn Patient=reject,https://…/cn-patient`.",
    )
    full_text: bool = Field(
        default=True, description="Index every text for `_text` and `_content`; without, both are refused."
    )
    hospitals: Path | None = Field(default=None, description="Folder of YAML files that describe hospitals.")
    channels: Path | None = Field(
        default=None, description="YAML file of folders where files are dropped, and of tables to pull."
    )
    domains: Path | None = Field(
        default=None,
        description="YAML file of identifier domains and who may give numbers in them; without it all may.",
    )
    package_folder: Path = Field(
        default=Path("~/.fhir/packages"), description="Folder of FHIR packages, `name#version` each."
    )
    packages: str = Field(
        default="",
        description="FHIR packages whose profiles the hub knows, `name#version` in that folder or paths, "
        "separated by spaces.",
    )
    package_registry: str = Field(
        default="https://packages.fhir.org", description="Registry that `yilian package add` asks."
    )
    names_at: int = Field(
        default=3,
        ge=-1,
        le=23,
        description="Hour at which the patient index counts names anew, local time; -1 for never.",
    )
    order_days: int = Field(
        default=400,
        ge=0,
        description="Days that the order of messages about a patient is known; what belongs before that only "
        "completes what is stored. 0 for ever.",
    )
    token_lifetime: int = Field(default=3600, description="Seconds that an access token is valid.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer, each HTTP and MLLP.")
    pool_size: int = Field(default=12, description="Connections to PostgreSQL, of each process.")
    statement_timeout: float = Field(
        default=60.0,
        ge=0,
        description="Seconds that a request may keep PostgreSQL busy with one statement; 0 for no limit.",
    )

    @property
    def import_prefixes(self) -> tuple[str, ...]:
        """What the URL of a file to import may begin with."""
        return tuple(self.import_from.split())

    @property
    def fhir_url(self) -> str:
        """The FHIR base as clients see it, without a trailing slash."""
        return (self.public_url or f"http://{self.http_host}:{self.http_port}/fhir").rstrip("/")

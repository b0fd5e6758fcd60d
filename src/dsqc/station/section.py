"""What the sections of ``station.toml`` have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Part of the configuration: unknown keys are faults, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

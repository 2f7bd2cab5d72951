"""The other side of an interface, played by our helper (infra/artifacts/go/helper) on a machine."""

from dataclasses import dataclass

from infra.ssh import Shell


@dataclass(frozen=True)
class Counterpart:
    """One process of the helper; ``name`` is that of its unit and of its folder."""

    shell: Shell
    name: str

    @property
    def folder(self) -> str:
        return f"/var/lib/{self.name}"

    @property
    def program(self) -> str:
        return f"{self.folder}/helper"

    def prepare(self, program: bytes) -> None:
        """The program lies in its folder. Errors: CommandFailed."""
        self.shell.put(program, self.program, mode=0o755)

    def run(self, *words: str, output: str = "") -> None:
        """Starts the program; it ends with ``remove``. ``output`` is a file for what it prints."""
        about = [f"--unit={self.name}", "--collect", "--quiet"]
        about += [f"--property=StandardOutput=file:{output}"] if output else []
        self.shell.run(["systemd-run", *about, self.program, *words])

    def remove(self) -> None:
        """Process and folder are gone, whatever was there."""
        self.shell.run(["systemctl", "stop", self.name], check=False)
        self.shell.run(["rm", "--recursive", "--force", self.folder])

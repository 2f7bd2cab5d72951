"""EC2's answers about volumes and snapshots: what AWS checks before it makes one."""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, MissingParameterError
from moto.ec2.responses import EC2Response

from infra.localec2.moto_api.run_instances_checks import fingerprint
from infra.localec2.moto_backend.storage import StorageBackend, unknown_snapshot
from infra.localec2.moto_backend.volume_limits import Shape, check
from infra.localec2.moto_backend.volumes import LocalSnapshot, LocalVolume


class StorageAnswers(EC2Response):  # type: ignore[misc]  # moto is untyped
    """The actions that plain moto answers with less care, or not at all."""

    _backend: StorageBackend

    def create_volume(self) -> ActionResult:
        token, asked = self.params.get("ClientToken", ""), fingerprint(self.params)
        known = self._repeated(token, asked)
        if known is not None:
            self.error_on_dryrun()
            return ActionResult(known)
        self.params["AvailabilityZone"] = self._zone()
        self.params.pop("AvailabilityZoneId", None)
        self.params.setdefault("VolumeType", "gp2")
        snapshot = self._snapshot()
        gib = self.params.get("Size") or (snapshot.volume_size if snapshot else None)
        if gib is None:
            raise MissingParameterError("size/snapshot")
        if snapshot is not None and gib < snapshot.volume_size:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"The size of a volume must be at least its snapshot's, {snapshot.volume_size}.",
            )
        self._check(self.params["VolumeType"], gib)
        self.params["Size"] = gib
        result = super().create_volume()
        self._backend.volume_tokens[token] = (asked, result.result)
        return result

    def copy_volumes(self) -> ActionResult:
        """A volume that starts as the other one is now; the source may be in use."""
        token, asked = self.params.get("ClientToken", ""), fingerprint(self.params)
        known = self._repeated(token, asked)
        if known is not None:
            self.error_on_dryrun()
            return ActionResult({"Volumes": [known]})
        source = self._backend.get_volume(self.params.get("SourceVolumeId", ""))
        gib = self.params.get("Size") or source.size
        if gib < source.size:
            raise EC2ClientError("InvalidParameterValue", f"The source has {source.size} GiB.")
        kind = self.params.get("VolumeType") or source.volume_type
        self._check(kind, gib)
        self.error_on_dryrun()
        copy = self._backend.create_volume(
            size=gib,
            zone_name=source.zone.name,
            volume_type=kind,
            iops=self.params.get("Iops"),
            throughput=self.params.get("Throughput"),
        )
        copy.source = copy.source_volume_id = source.id
        copy.add_tags(self._parse_tag_specification().get("volume", {}))
        self._backend.volume_tokens[token] = (asked, copy)
        return ActionResult({"Volumes": [copy]})

    def modify_volume(self) -> ActionResult:
        volume = self._backend.get_volume(self.params.get("VolumeId", ""))
        gib = self.params.get("Size") or volume.size
        if gib < volume.size:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"New size cannot be smaller than existing size {volume.size}.",
            )
        if gib > volume.size and volume.attachment:
            raise EC2ClientError(
                "UnsupportedOperation",
                "The local EC2 cannot grow an attached volume: a plugged disk keeps its size.",
            )
        asked = Shape(
            self.params.get("VolumeType") or volume.volume_type,
            gib,
            self.params.get("Iops") or volume.iops,
            self.params.get("Throughput") or volume.throughput,
        )
        check(asked)
        self._backend.require_modifiable(volume)
        return super().modify_volume()

    def describe_snapshots(self) -> ActionResult:
        """Those of the asked owners; moto gives everybody's."""
        result = super().describe_snapshots()
        asked = self._get_param("OwnerIds", [])
        if not asked:
            return result
        owners = {self._backend.account_id if owner == "self" else owner for owner in asked}
        found = result.result["Snapshots"]
        return ActionResult({"Snapshots": [s for s in found if s.owner_id in owners]})

    def describe_volume_status(self) -> ActionResult:
        volumes = self._backend.describe_volumes(self._get_param("VolumeIds", []))
        return ActionResult(
            {
                "VolumeStatuses": [
                    {
                        "VolumeId": volume.id,
                        "AvailabilityZone": volume.zone.name,
                        "VolumeStatus": {
                            "Status": "ok",
                            "Details": [{"Name": "io-enabled", "Status": "passed"}],
                        },
                    }
                    for volume in volumes
                ]
            }
        )

    def create_snapshot(self) -> ActionResult:
        volume = self._backend.get_volume(self.params.get("VolumeId", ""))
        if not volume.made:
            raise EC2ClientError("IncorrectState", f"Volume '{volume.id}' is still being created.")
        if volume.attachment and volume.attachment.device == (
            volume.attachment.instance.root_device_name
        ):
            raise EC2ClientError(
                "UnsupportedOperation", "The local EC2 takes no snapshot of a root device."
            )
        return super().create_snapshot()

    def _snapshot(self) -> LocalSnapshot | None:
        ident = self.params.get("SnapshotId")
        if not ident:
            return None
        if ident not in self._backend.snapshots:
            raise unknown_snapshot(ident)
        snapshot: LocalSnapshot = self._backend.snapshots[ident]
        if snapshot.status != "completed":
            raise EC2ClientError("IncorrectState", f"Snapshot '{ident}' is {snapshot.status}.")
        if snapshot.from_ami is not None:
            text = "The local EC2 makes no volume of an image's snapshot."
            raise EC2ClientError("UnsupportedOperation", text)
        return snapshot

    def _zone(self) -> str:
        """By name or by id; moto makes a volume without a zone of an unknown one."""
        name, ident = self.params.get("AvailabilityZone"), self.params.get("AvailabilityZoneId")
        if not name and not ident:
            raise MissingParameterError("AvailabilityZone")
        for zone in self._backend.describe_availability_zones():
            if name == zone.name or (not name and ident == zone.zone_id):
                return str(zone.name)
        raise EC2ClientError("InvalidZone.NotFound", f"The zone '{name or ident}' does not exist.")

    def _check(self, kind: str, gib: int) -> None:
        for name in ("Encrypted", "MultiAttachEnabled"):
            if self._get_bool_param(name, if_none=False):
                raise EC2ClientError("UnsupportedOperation", f"The local EC2 has no {name}.")
        check(Shape(kind, gib, self.params.get("Iops"), self.params.get("Throughput")))

    def _repeated(self, token: str, asked: str) -> LocalVolume | None:
        """The volume of an earlier call with the same token.

        Errors: IdempotentParameterMismatch.
        """
        if not token:
            return None
        before, volume = self._backend.volume_tokens.get(token, (asked, None))
        if before != asked:
            raise EC2ClientError(
                "IdempotentParameterMismatch",
                f"The client token {token} was used with other parameters.",
            )
        return volume

@article_45 @relies_on_every_worker @relies_on_ebs_driver
Feature: A VolumeSnapshot preserves a point in time of a volume
  VolumeSnapshots are custom resources: the snapshot controller and the driver's sidecar turn them into EBS
  snapshots. Data is compared by checksums of random bytes and by the numbered lines that a writer appends to
  its volume. A Pod that reads a restored volume mounts it read-only. EC2 may take minutes for the first
  snapshot of a volume; its point in time is when the snapshot starts (CreateSnapshot in EC2's API).

  Background:
    Given the EBS CSI driver
    And a writer with a PVC

  @claim_45_1 @claim_71_19 @article_71
  Rule: A PVC created from a VolumeSnapshot is another volume with the earlier data

    Scenario: The source changes after its VolumeSnapshot
      Given 4 MiB of random bytes are written to the source volume
      When a VolumeSnapshot of the PVC is created
      Then within 600 s the VolumeSnapshot is ready to use and completed in EC2
      When 4 MiB of random bytes are written to the source volume
      And a Pod mounts a PVC created from the VolumeSnapshot
      Then the Pod reads the earlier bytes, on another EC2 volume created from the EC2 snapshot
      And the source volume has the new bytes
      And the writer of the source volume is undisturbed

  @claim_45_2
  Rule: A snapshot taken under writes is one point in time of the disk

    Scenario: A VolumeSnapshot is taken while the writer runs
      When a VolumeSnapshot of the PVC is created
      Then within 600 s the VolumeSnapshot is ready to use and completed in EC2
      When a Pod mounts a PVC created from the VolumeSnapshot
      Then the Pod reads the lines of one point in time: every earlier line intact, and no later line
      And the writer of the source volume is undisturbed

  @claim_45_3
  Rule: A snapshot outlives its source and is deleted with its VolumeSnapshot

    Scenario: The source is deleted first, then the VolumeSnapshot
      When a VolumeSnapshot of the PVC is created
      Then within 600 s the VolumeSnapshot is ready to use and completed in EC2
      When the writer and its PVC are deleted
      Then within 60 s EC2 has the snapshot and not the source volume
      When the VolumeSnapshot is deleted
      Then within 60 s EC2 has neither the snapshot nor the source volume

  @claim_45_4
  Rule: A PVC created from a PVC is a copy of its volume

    Scenario: A PVC is cloned while its writer runs
      When a Pod mounts a PVC created from the writer's PVC
      Then the Pod reads the lines of one point in time: every earlier line intact, and no later line
      And EC2 has another volume for the new PVC, copied from the source volume
      And the writer of the source volume is undisturbed

@article_71 @relies_on_every_worker @relies_on_ebs_driver
Feature: Group snapshots are an API that this driver does not support
  VolumeGroupSnapshot is not a built-in API but a custom resource of the snapshot controller. Its version is
  stable, while the EBS CSI driver does not support it: no group snapshot ever becomes ready.
  The feature gate of the controller is on, which is not its default in 8.6. EC2 may take minutes for the first
  snapshot of a volume; the finalizer of a definition takes minutes too, and restarts after an error.

  Background:
    Given the EBS CSI driver

  @claim_71_17
  Rule: A group snapshot never becomes ready with this driver, while a snapshot of one volume does

    Scenario: A group snapshot of one PVC, and a VolumeSnapshot of the same PVC
      Given a writer with a PVC
      When a VolumeGroupSnapshot of the PVC is created
      Then within 60 s the VolumeGroupSnapshot names the missing driver service
      And the driver reports no capability for groups
      When a VolumeSnapshot of the PVC is created
      Then within 600 s the VolumeSnapshot is ready to use and completed in EC2
      And for 10 s the VolumeGroupSnapshot has no snapshot and is not ready

  @claim_71_18 @changes_ebs_driver
  Rule: The API is served while its CustomResourceDefinitions exist

    Scenario: The definitions of group snapshots are deleted and created again
      Then every API server serves "groupsnapshot.storage.k8s.io" and "snapshot.storage.k8s.io" from CustomResourceDefinitions only
      When the definitions of "groupsnapshot.storage.k8s.io" are deleted
      Then within 240 s no API server serves "groupsnapshot.storage.k8s.io"
      And every API server serves "snapshot.storage.k8s.io"
      When the definitions of "groupsnapshot.storage.k8s.io" are created again
      Then within 30 s every API server serves "groupsnapshot.storage.k8s.io"

@article_71 @storage
Feature: Snapshots of groups are an API that this driver does not have
  VolumeGroupSnapshot is no API of Kubernetes' own but a custom resource of the snapshot controller.
  Its version is stable while the EBS CSI driver has no such ability: nothing of it ever becomes ready.
  The gate of the controller is on, which it is not by default in 8.6. EC2 may take minutes for a
  volume's first snapshot; a definition's finalizer takes one, and begins anew after an error.

  Background:
    Given the EBS CSI driver

  @claim_71_17
  Rule: A group never becomes ready with this driver, while a snapshot of one volume does

    Scenario: A group of one claim, and the claim alone
      Given a writer with a volume of its own
      When a snapshot of the group of that claim is taken
      Then within 60 s its error names the service that the driver does not have
      And the driver has no ability for groups among its own
      When a snapshot of the claim is taken
      Then within 600 s it is ready to use, and EC2 has it completed
      And for 10 s the group is not ready, and EC2 has no snapshot but that one

  @claim_71_18 @serial
  Rule: The API is there as long as its custom resources are

    Scenario: The definitions of group snapshots go and come back
      Then discovery has "groupsnapshot.storage.k8s.io" and "snapshot.storage.k8s.io", each by custom resources alone
      When the definitions of "groupsnapshot.storage.k8s.io" are removed
      Then within 240 s discovery has no "groupsnapshot.storage.k8s.io", and "snapshot.storage.k8s.io" as before
      When the definitions of "groupsnapshot.storage.k8s.io" are made again
      Then within 30 s discovery has "groupsnapshot.storage.k8s.io" again

@article_45 @storage
Feature: A snapshot is a volume's past
  VolumeSnapshot objects are custom resources: the snapshot controller and the driver's sidecar make
  EBS snapshots of them. Data is told by sums of random bytes and by numbers that a writer puts on
  its volume one by one. Who reads what was restored cannot write there. EC2 may take minutes for a
  volume's first snapshot; its moment is that of its beginning (CreateSnapshot in EC2's API).

  Background:
    Given the EBS CSI driver

  @claim_45_1 @claim_71_19 @article_71
  Rule: A claim made of a snapshot is another volume with the data of then

    Scenario: The source is changed after its snapshot
      Given a writer with a volume of its own, and 4 MiB of random bytes on it
      When a snapshot of the claim is taken
      Then within 600 s it is ready to use, and EC2 has it completed
      When the source's bytes are replaced by others
      And a claim is made of the snapshot, with a Pod that reads it
      Then the Pod finds the bytes of before on another volume of EC2, made of that snapshot
      And the source has its new bytes and an undisturbed writer

  @claim_45_2
  Rule: A snapshot under writes is one moment of the disk

    Scenario: The writer goes on while its volume is copied
      Given a writer with a volume of its own
      When a snapshot of the claim is taken
      Then within 600 s it is ready to use, and EC2 has it completed
      When a claim is made of the snapshot, with a Pod that reads it
      Then the Pod finds the numbers of one moment: all of before, as written, and none of after
      And the source has an undisturbed writer

  @claim_45_3
  Rule: A snapshot outlives its source, and its object is its life

    Scenario: First the source goes, then the snapshot
      Given a writer with a volume of its own
      When a snapshot of the claim is taken
      Then within 600 s it is ready to use, and EC2 has it completed
      When the writer and its claim are deleted
      Then within 60 s EC2 has no volume of it, and the snapshot still completed
      When the snapshot's object is deleted
      Then within 60 s EC2 has no snapshot of it

  @claim_45_4
  Rule: A claim made of a claim is a copy of its volume

    Scenario: The writer goes on while its claim is copied
      Given a writer with a volume of its own
      When a claim is made of that claim, with a Pod that reads it
      Then the Pod finds the numbers of one moment: all of before, as written, and none of after
      And EC2 has another volume for it, made of the first one
      And the source has an undisturbed writer

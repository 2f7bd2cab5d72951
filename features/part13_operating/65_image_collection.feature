@article_65
Feature: Unused images are garbage-collected
  The kubelet collects images every five minutes, and its first run after a start only notes when it saw each
  image. The scenario has two images of its own on both workers; all other images are marked as pinned
  for its duration, except one that a Pod uses: nothing here could pull them again.

  Background:
    Given two images on every worker, one unused and one that a Pod uses
    And a running Pod with an unpinned image on the first worker

  @claim_65_9 @claim_65_10 @slow @patient @changes_every_worker
  Rule: Over the high threshold, the longest unused images are collected first; below it, none is

    Scenario: One worker's disk is over its threshold, the other worker's is not
      When the disk of the first worker is over its threshold
      And the Pods of the second image are deleted
      Then within 450 s the first worker has collected one image with reason "space"
      And the collected image is the unused one, and the first worker has all its other images
      And the second worker has run as many collections and has all its images
      And no container or process of the Pod with the unpinned image has restarted

  @article_71 @claim_65_11 @claim_71_10 @slow @patient @changes_every_worker
  Rule: Images can expire by age alone, but not while a Pod uses them, even only as a volume

    Scenario: An image is unused for three minutes
      Given a Pod on the first worker that has a third image as a volume only
      When the kubelet on the first worker is set to a maximum image age of 3 min
      Then within 450 s the first worker has collected one image with reason "age"
      And the collected image is the unused one, and the first worker has all its other images
      And the volume of the third image is still readable
      And no container or process of the Pod with the unpinned image has restarted

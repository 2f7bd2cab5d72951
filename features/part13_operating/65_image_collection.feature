@article_65
Feature: Unused images are collected
  The kubelet looks every five minutes, and its first look after a start only notes when it saw each
  image. Two images of the scenario's own lie on both workers; those of others are marked as pinned
  meanwhile, but for one that a Pod uses: nothing here could pull them again.

  @claim_65_9 @claim_65_10 @disruptive @slow @patient
  Rule: Over the high threshold unused images go, the longest unused first; below it none does

    Scenario: One worker's disk is over its threshold, the other's is not
      Given two images on every worker, one unused and one that a Pod uses
      And a running Pod of an image that could be collected, on the first worker
      When the first worker's disk gets over its threshold
      And the Pods of the second image end
      Then within 450 s the first worker has collected one image, for "space"
      And it is the unused one, and all others of that worker are there
      And the second worker has looked as often and has all its images
      And the Pod of the image that could be collected has not restarted

  @article_71 @claim_65_11 @claim_71_10 @disruptive @slow @patient
  Rule: Age alone can expire an image, but none that a Pod has, be it only as a volume

    Scenario: An image unused for three minutes
      Given two images on every worker, one unused and one that a Pod uses
      And a running Pod of an image that could be collected, on the first worker
      And a Pod there that has a third image as a volume only
      When the first worker's images may be 3 min old
      Then within 450 s the first worker has collected one image, for "age"
      And it is the unused one, and all others of that worker are there
      And the third image's content is still read
      And the Pod of the image that could be collected has not restarted

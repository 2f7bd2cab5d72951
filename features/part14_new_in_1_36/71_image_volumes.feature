@article_71
Feature: An image is a volume
  The files of an OCI image appear in a container that runs another image. The image of data is the
  scenario's own, with a nonce that nothing else has; it lies on the workers, no registry has it.
  A pull that failed is tried again after five minutes at most.

  @claim_71_1
  Rule: The files of an image that no container runs are there

    @placed
    Scenario Outline: A container of <worker> reads another image's marker
      Given an image of data on every worker
      When a Pod of "<worker>" mounts it
      Then its container reads the image's nonce
      And its worker has that image, and no container of it

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_2
  Rule: It is read-only, also for root

    @placed
    Scenario Outline: Root of a container of <worker> may write beside it and not in it
      Given an image of data on every worker
      When a Pod of "<worker>" mounts it
      Then root of its container may neither make nor change anything in it, for it is read-only
      And it may do all of that in the scratch volume beside it
      And its mount is read-only, and the one of the scratch volume beside it is not
      And its container reads the image's nonce

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_3
  Rule: Pods share the image and not the mount

    @placed
    Scenario Outline: One of two Pods of <worker> goes
      Given an image of data on every worker
      When two Pods of "<worker>" mount it
      Then both containers read the image's nonce
      When one of the two Pods is deleted
      Then the other's container reads the image's nonce

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_4
  Rule: A sub-path picks a folder of it, and no file

    @placed
    Scenario Outline: One folder of the image, and one that it does not have, on <worker>
      Given an image of data on every worker
      When a Pod of "<worker>" mounts its folder "sub" alone
      Then its container sees "leaf" there and nothing else
      When another Pod of "<worker>" mounts its folder "absent" alone
      Then within 60 s that Pod is held by "CreateContainerError"
      And for 15 s its container has not started

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    @placed
    Scenario: A file of the image
      Given an image of data on every worker
      When a Pod of "worker-0" mounts its file "marker" alone
      Then within 60 s that Pod is held by "CreateContainerError", for it is no folder

  @claim_71_5
  Rule: A missing image keeps its Pod waiting, and the Pod recovers

    Scenario: The image comes after the Pod
      Given an image of data that no worker has
      When another Pod mounts it
      Then within 60 s that Pod is held by "ImagePullBackOff", naming the image of data
      And a Pod without such a volume starts on the same worker
      When the image is brought to every worker
      Then within 360 s that Pod runs, the same and without a restart
      And its container reads the image's nonce

  @claim_71_6
  Rule: The pull policy means what it means for containers

    Scenario: Never, where the image is not there
      Given an image of data that no worker has
      When another Pod mounts it with the policy "Never"
      Then within 60 s that Pod is held by "ErrImageNeverPull"

    @placed
    Scenario Outline: A registry sees who of <worker> asks it
      Given a registry with an image of data for "<worker>"
      When a Pod of that worker mounts it with the policy "IfNotPresent"
      Then the registry was asked for it by that worker
      When another Pod of that worker mounts it with the policy "IfNotPresent"
      Then the registry was not asked again
      When another Pod of that worker mounts it with the policy "Always"
      Then the registry was asked again

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    Scenario: What is stored where no policy is given
      Given an image of data that no worker has
      And Pods that mount images by their names alone
      Then every API server would store these policies
        | image                   | policy       |
        | example.com/data:1      | IfNotPresent |
        | example.com/data:latest | Always       |
        | example.com/data        | Always       |

  @claim_71_7
  Rule: What a Pod mounts stays for its life, and a new one sees what the name means then

    @placed
    Scenario: A name is given other content between two Pods
      Given a registry with an image of data
      When a Pod of one worker mounts it with the policy "Always"
      And the image's name is given other content
      And another Pod of that worker mounts it with the policy "Always"
      Then the second one's container reads the other nonce
      And the first one's container still reads the first nonce, without a restart

  @claim_71_8
  Rule: A Pod's pull secret counts for its volumes too

    @placed
    Scenario: Without a secret, with another namespace's, with its own
      Given a registry that wants a password, with an image of data
      When a Pod of one worker mounts it without a pull secret
      Then within 60 s that Pod is held for want of a pull, and the registry refused it
      When a Pod of that worker mounts it with a pull secret that only another namespace has
      Then within 60 s that Pod is held for want of a pull, and the registry refused it
      When a Pod of that worker mounts it with its namespace's pull secret
      Then its container reads the nonce of the registry's image

    @placed
    Scenario Outline: An image that another Pod's secret has brought to <worker>
      Given a registry that wants a password, with an image of data for "<worker>"
      When a Pod of that worker mounts it with its namespace's pull secret
      Then its container reads the nonce of the registry's image
      When another Pod of that worker mounts it with the policy "IfNotPresent" and without a pull secret
      Then within 60 s that Pod is held for want of a pull, and the registry refused it again

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_5 @claim_71_7 @claim_71_10 @claim_71_11
  Rule: What one worker shows of image volumes, each would

    Scenario: Kubelets and runtimes of the workers are set alike
      Given the metrics of every kubelet
      Then each says that the gate "ImageVolume" is on
      And each kubelet is set as the others are
      And each runtime is set as the others are

  @claim_71_9
  Rule: An empty reference is refused for a Pod, and not yet in a template

    Scenario: A Pod and a Deployment that name no image
      Given a Pod and a Deployment whose volume names no image
      Then every API server refuses the Pod with 422, naming the reference
      But every API server would store the Deployment

  @claim_71_11 @serial @placed
  Rule: The kubelet counts image volumes that it asks the runtime for
    One that cannot be pulled is never asked for. Failures are counted by the runtime's words only.

    Scenario: One that is mounted and one that is not there
      Given a worker kept for this scenario
      And an image of data on every worker
      And the image volumes that its kubelet has counted
      When a Pod there mounts it
      Then within 30 s more are counted as requested, as many as mounted and none as failed
      When another Pod there mounts an image that is nowhere
      Then within 60 s that Pod is held by "ErrImageNeverPull"
      And nothing more is counted

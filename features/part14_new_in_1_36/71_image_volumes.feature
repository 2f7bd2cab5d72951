@article_71 @relies_on_every_worker
Feature: An image is mounted as a volume
  The files of an OCI image appear in a container that runs another image. Every scenario has a data image of its
  own, with a nonce that nothing else has; it is loaded on the workers, no registry has it. A failed pull is
  retried after five minutes at most.

  @claim_71_1
  Rule: The files of an image that no container runs can be read

    Scenario Outline: A container on <worker> reads the nonce of another image
      Given the data image is loaded on every worker
      When a Pod on "<worker>" mounts the data image
      Then the Pod's container reads the nonce of the data image
      And the Pod's worker has the data image, and no container of the data image

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_2
  Rule: An image volume is read-only, also for root

    Scenario Outline: Root in a container on <worker> may write to a scratch volume and not to the image volume
      Given the data image is loaded on every worker
      When a Pod on "<worker>" mounts the data image
      Then root in the Pod's container cannot write to the image volume
      And root in the Pod's container can write to a scratch volume
      And the image volume is mounted read-only, and the scratch volume is not
      And the Pod's container reads the nonce of the data image

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_3
  Rule: Pods share the image and not the mount

    Scenario Outline: One of two Pods on <worker> is deleted
      Given the data image is loaded on every worker
      When two Pods on "<worker>" mount the data image
      Then each Pod that mounts the data image reads its nonce
      When one of the two Pods is deleted
      Then each Pod that mounts the data image reads its nonce

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_4
  Rule: A subPath selects a directory of the image, and not a file

    Scenario Outline: An existing and a missing directory of the image on <worker>
      Given the data image is loaded on every worker
      When a Pod on "<worker>" mounts the directory "sub" of the data image
      Then the Pod's container sees "leaf" in the image volume and nothing else
      When a new Pod on "<worker>" mounts the directory "absent" of the data image
      Then within 60 s the new Pod reports "CreateContainerError"
      And for 15 s the new Pod's container does not start

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    Scenario: A file of the image
      Given the data image is loaded on every worker
      When a new Pod on "worker-0" mounts the file "marker" of the data image
      Then within 60 s the new Pod reports "CreateContainerError" for a path that is not a directory

  @claim_71_5
  Rule: A Pod waits for a missing image and recovers

    Scenario: The image is loaded after the Pod is created
      Given a data image that no worker has
      When a new Pod mounts the data image with the pull policy "IfNotPresent"
      Then within 60 s the new Pod reports "ImagePullBackOff" for the data image
      And a Pod without an image volume starts on the same worker
      When the data image is loaded on every worker
      Then within 360 s the new Pod runs, with the same UID and no restart
      And the Pod's container reads the nonce of the data image

  @claim_71_6
  Rule: Pull policies work as they do for containers

    Scenario: The pull policy Never without a local image
      Given a data image that no worker has
      When a new Pod mounts the data image with the pull policy "Never"
      Then within 60 s the new Pod reports "ErrImageNeverPull"

    Scenario Outline: A registry receives the pulls of <worker>
      Given a registry with the data image for "<worker>"
      When a Pod on that worker mounts the registry's image with the pull policy "IfNotPresent"
      Then the worker has pulled the image from the registry
      When another Pod on that worker mounts the registry's image with the pull policy "IfNotPresent"
      Then the worker has not pulled from the registry again
      When another Pod on that worker mounts the registry's image with the pull policy "Always"
      Then the worker has pulled from the registry again

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    Scenario: The default pull policy
      Given a data image that no worker has
      And Pods with image volumes without a pull policy
      Then every API server stores these pull policies in a dry run
        | image                   | policy       |
        | example.com/data:1      | IfNotPresent |
        | example.com/data:latest | Always       |
        | example.com/data        | Always       |

  @claim_71_7
  Rule: A mounted image stays for the life of its Pod, and a new Pod mounts what the tag then refers to

    Scenario: A tag moves to other content before a second Pod
      Given a registry with the data image for "worker-0"
      When a Pod on that worker mounts the registry's image with the pull policy "Always"
      And the image's tag is moved to other content
      And another Pod on that worker mounts the registry's image with the pull policy "Always"
      Then the second Pod's container reads the new nonce
      And the first Pod's container reads the first nonce without a restart

  @claim_71_8
  Rule: A Pod's pull secret is used for its volumes too

    Scenario: Without a pull secret, with one of another namespace, with its own
      Given a private registry with the data image for "worker-0"
      When a Pod on that worker mounts the registry's image without a pull secret
      Then within 60 s the Pod reports "ImagePullBackOff", because the registry refused its worker
      When a Pod on that worker mounts the registry's image with a pull secret of another namespace
      Then within 60 s the Pod reports "ImagePullBackOff", because the registry refused its worker
      When a Pod on that worker mounts the registry's image with a pull secret of its namespace
      Then the Pod's container reads the nonce of the registry's image

    Scenario Outline: An image that was pulled to <worker> with another Pod's secret
      Given a private registry with the data image for "<worker>"
      When a Pod on that worker mounts the registry's image with a pull secret of its namespace
      Then the Pod's container reads the nonce of the registry's image
      When another Pod on that worker mounts the registry's image with the pull policy "IfNotPresent" and without a pull secret
      Then within 60 s the Pod reports "ImagePullBackOff", because the registry refused its worker again

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_71_5 @claim_71_7 @claim_71_10 @claim_71_11
  Rule: What one worker shows of image volumes is true of every worker

    Scenario: Kubelets and runtimes of the workers have the same settings
      Given the metrics of every kubelet
      Then every kubelet has the feature gate "ImageVolume" on
      And each kubelet has the same settings for images
      And each containerd has the same settings for images

  @claim_71_9
  Rule: An empty image reference is refused in a Pod, and since 1.37 in a template

    @until_1_36
    Scenario: A Pod and a Deployment whose image volume has no reference
      Given a Pod and a Deployment whose image volume has no reference
      Then every API server refuses the Pod with 422, naming the reference
      But every API server admits the Deployment

    @since_1_37
    Scenario: A Pod and a Deployment are both refused without a reference of their image volume
      Given a Pod and a Deployment whose image volume has no reference
      Then every API server refuses the Pod with 422, naming the reference
      And every API server refuses the Deployment with 422, naming the reference

  @claim_71_11 @changes_a_worker
  Rule: The kubelet counts image volumes that it requests from the runtime
    One that cannot be pulled is never requested. Failures are counted as the runtime reports them.

    Scenario: An image volume that is mounted and one whose image does not exist
      Given a worker reserved for this scenario
      And the data image is loaded on every worker
      And the image volume counters of the reserved worker's kubelet
      When a Pod on the reserved worker mounts the data image
      Then within 30 s the kubelet has counted the image volume as mounted
      When a new Pod on the reserved worker mounts an image that does not exist
      Then within 60 s the new Pod reports "ErrImageNeverPull"
      And the kubelet has counted no further image volume

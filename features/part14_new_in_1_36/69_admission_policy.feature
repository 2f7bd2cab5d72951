@article_69 @ignores_workers
Feature: Admission policy with CEL
  A validating policy is a CEL expression that each API server evaluates by itself; a binding selects where it
  applies. The article's policy refuses Deployments with a container tagged latest. This kind is v1 since
  Kubernetes 1.30; 1.36 adds the mutating kind. Each API server reloads policies once a second.

  @claim_69_1
  Rule: Both kinds of policy and both kinds of binding are served at v1, the mutating kind since 1.36

    @since_1_36
    Scenario: Every API server serves both kinds
      Given a policy that refuses latest tags is in force
      Then every API server serves both kinds of admission policy and of binding at v1
      And every API server serves a status of validating admission policies only

    @since_1_36
    Scenario: Every API server returns policies of both kinds as written
      Given a policy that refuses latest tags is in force
      And a policy that labels Pods is in force
      Then each API server returns the policies and bindings as written

    @until_1_35
    Scenario: Every API server serves validating policies, returns them as written, and serves no mutating ones
      Given a policy that refuses latest tags is in force
      Then every API server serves validating admission policies and bindings at v1, and no mutating ones
      And every API server serves a status of validating admission policies only
      And each API server returns the policies and bindings as written

  @claim_69_2
  Rule: A Deployment with a container tagged latest is refused

    Scenario: No API server admits a Deployment tagged latest
      Given a policy that refuses latest tags is in force
      When a Deployment with image busybox:latest is created through each API server
      Then each API server refuses the request with 422, naming the policy and its binding
      And no API server has stored the object
      And in another namespace each API server admits a Deployment with image busybox:latest

  @claim_69_9
  Rule: No webhook, Service or certificate is involved: the API server itself refuses

    Scenario: Every API server counts its own refusal and calls no webhook
      Given a policy that refuses latest tags is in force
      And the number of refusals by the policy on each API server
      When a Deployment with image busybox:latest is sent to each API server as a dry run
      Then each API server refuses the request with 422, naming the policy and its binding
      And each API server has counted one more refusal by the policy
      And no webhook is configured for Deployments or Pods
      And the API servers are the same processes, started without an admission configuration

  @claim_69_3
  Rule: A pinned tag or a digest is admitted

    Scenario Outline: A Deployment of the pinned image <image> is admitted
      Given a policy that <rule> is in force
      When a Deployment with image <image> is created through each API server
      Then each API server admits the request and stores the object
      And each API server refuses a Deployment with image busybox:latest

      Examples:
        | rule                   | image                                                                           |
        | refuses latest tags    | busybox:1.37                                                                    |
        | requires pinned images | busybox:1.37                                                                    |
        | requires pinned images | registry.example:5000/library/busybox:1.37                                      |
        | requires pinned images | busybox@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 |

  @claim_69_4
  Rule: No tag means latest: the article's rule has that gap, a stricter rule closes it

    Scenario: The article's rule admits an image without a tag
      Given a policy that refuses latest tags is in force
      When a Deployment with image busybox is sent to each API server as a dry run
      Then each API server admits the request

    Scenario Outline: A stricter rule refuses <draft>
      Given a policy that requires pinned images is in force
      When <draft> is sent to each API server as a dry run
      Then each API server refuses the request with 422, naming the policy and its binding

      Examples:
        | draft                                                         |
        | a Deployment with image busybox                               |
        | a Deployment with image registry.example:5000/library/busybox |
        | a Deployment with image busybox:1.37 and init image busybox   |

  @claim_69_5
  Rule: An update to latest is refused as well

    Scenario: A stored Deployment cannot change to latest and stays the same
      Given a stored Deployment with image busybox:1.37
      And a policy that refuses latest tags is in force
      When the stored object is updated with image busybox:latest through each API server
      Then each API server refuses the request with 422, naming the policy and its binding
      And the stored object and its dependents are the same
      When the stored object is updated with 1 replica through each API server
      Then each API server admits the request

  @claim_69_6
  Rule: Only matched objects are checked, and only when they are written

    Scenario: A bare Pod tagged latest is admitted
      Given a policy that refuses latest tags is in force
      When a Pod with image busybox:latest is sent to each API server as a dry run
      Then each API server admits the request

    Scenario: A Deployment created before the policy stays but cannot be updated
      Given a stored Deployment with image busybox:latest
      And a policy that refuses latest tags is in force
      Then the stored object and its dependents are the same
      When the stored object is updated with no change through each API server
      Then each API server refuses the request with 422, naming the policy and its binding

  @claim_69_7
  Rule: A policy without a binding does nothing, and deleting the binding ends it

    Scenario: The binding switches the policy on and off
      Given an unbound policy that refuses latest tags
      Then for 5 s each API server admits a Deployment with image busybox:latest
      When the policy is bound to the namespace
      Then within 10 s each API server refuses a Deployment with image busybox:latest
      When the binding is deleted
      Then within 10 s each API server admits a Deployment with image busybox:latest

  @claim_69_8
  Rule: The binding selects namespaces by label

    Scenario: The policy applies to the namespace while it has the label
      Given an unbound policy that refuses latest tags
      When the policy is bound to namespaces with the label "strict"
      Then for 5 s each API server admits a Deployment with image busybox:latest
      When the label "strict" is added to the namespace
      Then within 10 s each API server refuses a Deployment with image busybox:latest
      When the label "strict" is removed from the namespace
      Then within 10 s each API server admits a Deployment with image busybox:latest

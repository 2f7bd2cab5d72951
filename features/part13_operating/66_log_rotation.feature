@article_66
Feature: Logs that grow, and whose logs they are
  The kubelet looks at the size of logs each 10 s, so a file may well be larger than its limit; it keeps
  five files a container and compresses the older ones. Lines are numbered, so that a lost or a doubled
  one shows. Components are no containers: they log to the journal of their machine.

  @claim_66_7 @claim_66_8 @claim_66_9 @slow
  Rule: Rotation caps the files and loses nothing between them, and the API shows the newest one
    On a busy machine a rotation may cut a line: its two parts lie in two files, the first tagged so.

    Scenario: A hundred megabytes of numbered lines
      Given a running numbering Pod
      And a running talker Pod beside it on the same worker
      When it has printed 100100 numbered lines
      Then within 60 s its log is the current file, one rotated and three compressed ones, and never was more
      And the numbers in them are one unbroken run that ends with the last line
      And the API gives numbers of the current file only
      And the Pod beside it has one file
      And no container or process of it has restarted

  @claim_66_10
  Rule: Who follows a log is not disturbed by its rotation
    As long as the follower keeps up: one that is a whole file behind loses that file.

    Scenario: Numbers before and after a rotation
      Given a running trickling Pod
      And its log is followed
      When its log has been rotated once and 1000 lines more were followed
      Then the numbers that were followed are one unbroken run

  @claim_66_12 @placed
  Rule: With the Pod its logs go, and what an agent copied stays

    Scenario: An agent on every worker copies the logs of two Pods
      Given an agent on every worker that copies logs
      And a running talker Pod on each worker
      And the agents have copied their nonces
      When both Pods are removed
      Then the API knows their logs no more
      And within 120 s no file or link of them is left on the workers
      But the agents' copies still hold their nonces

  @claim_66_13 @placed
  Rule: Components log to the journal, containers do not

    Scenario: Six components tell of a stranger and of Pods
      Given a running talker Pod on each worker
      When a stranger calls every component of the controllers
      Then within 15 s journals hold what these tell of it, in the form of each
        | component               | machines    | tells of     |
        | kube-apiserver          | controllers | the stranger |
        | kube-controller-manager | controllers | the stranger |
        | kube-scheduler          | controllers | the stranger |
        | etcd                    | controllers | the stranger |
        | kubelet                 | workers     | the Pod      |
        | containerd              | workers     | the Pod      |
      And whatever any component prints goes to its machine's journal, kube-proxies' too
      And no component has a folder among the logs of Pods, where the Pods have theirs
      And the journals of the workers hold the Pods' namespace and not their nonces

  @claim_66_14 @disruptive
  Rule: The API's logs need the worker's kubelet, the file does not

    Scenario: A kubelet is stopped while a Pod prints
      Given a running counting Pod
      And a running counting Pod on another worker
      When the kubelet of its worker is stopped
      Then the API fails to give its log
      But its file on the worker grows
      And the API gives the log of the Pod on the other worker
      When the kubelet is started again
      Then within 90 s the API gives the lines that were printed meanwhile

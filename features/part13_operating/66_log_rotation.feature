@article_66
Feature: Log rotation, and the lifetime of logs
  The kubelet checks the size of logs every 10 s, so that a file may well exceed its limit; it keeps five
  files per container and compresses the older ones. Lines are numbered, so that a lost or a duplicate line
  is visible. Components do not run as containers: they log to the journal of their machine.

  @claim_66_7 @claim_66_8 @claim_66_9 @slow
  Rule: Rotation limits the files and loses no line, and the API returns the newest file
    On a busy machine a rotation may cut a line: its two parts are in two files, the first tagged as partial.

    Scenario: One hundred megabytes of numbered lines
      Given a running numbering Pod
      And a neighbour talker Pod on the same worker
      When the Pod has printed 100100 numbered lines
      Then within 60 s the Pod's log has one current, one rotated and three compressed files, and had at most five while the Pod printed
      And the numbers in the files are consecutive and end with the last line
      And the API returns the numbers of the current file only
      And the neighbour's log is one file
      And no container or process of the Pod has restarted

  @claim_66_10
  Rule: Following a log is not disturbed by its rotation
    As long as the client keeps up: one that is a whole file behind loses that file.

    Scenario: Numbers printed around a rotation
      Given a running trickling Pod
      And a client that follows the Pod's log
      When the Pod's log has been rotated once and 1000 more lines were followed
      Then the followed numbers are consecutive

  @claim_66_12 @relies_on_every_worker
  Rule: A Pod's logs are deleted with the Pod, and the copies of an agent stay

    Scenario: An agent on every worker copies the logs of two Pods
      Given a logging agent on every worker
      And a running talker Pod on each worker
      And the agents have copied the nonces of the talker Pods
      When the talker Pods are deleted
      Then within 60 s the API answers 404 for the logs of the talker Pods
      And within 120 s no log file or link of the talker Pods is left on the workers
      But the agents still have the nonces of the talker Pods

  @claim_66_13 @relies_on_every_worker
  Rule: Components log to the journal, containers do not

    Scenario: Six components log events of Pods and of a client of an unknown CA
      Given a running talker Pod on each worker
      When a client of an unknown CA connects to every component on the controllers
      Then within 15 s the journals report these events, in the log format of each component
        | component               | machines    | event of   |
        | kube-apiserver          | controllers | the client |
        | kube-controller-manager | controllers | the client |
        | kube-scheduler          | controllers | the client |
        | etcd                    | controllers | the client |
        | kubelet                 | workers     | the Pod    |
        | containerd              | workers     | the Pod    |
      And every component, including kube-proxy, prints to its machine's journal
      And no component has a directory in the log directory of Pods, and each talker Pod has one
      And the workers' journals contain the talker Pods' namespace and not their nonces

  @claim_66_14 @changes_every_worker @changes_nodes_readiness
  Rule: Logs from the API need the worker's kubelet, the log file does not

    Scenario: A kubelet is stopped while a Pod prints
      Given a running counting Pod
      And a neighbour counting Pod on another worker
      When the kubelet on the Pod's worker stops
      Then the API fails to return the Pod's log
      But within 15 s the Pod's log file on the worker grows
      And the API returns the neighbour's log
      When the kubelet on the Pod's worker starts
      Then within 90 s the API returns the lines printed while the kubelet was stopped

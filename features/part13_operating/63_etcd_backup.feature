@article_63
Feature: Backing up etcd, and knowing when certificates expire
  Three members survive the loss of one, but a delete reaches all three: high availability is not backup.
  A snapshot is one file, taken from one member; since etcd 3.6 its status and restore belong to etcdutl.
  The article lists three endpoints for health; the same list makes a snapshot fail, because exactly one
  is allowed. A restored member is a cluster of its own, which the running etcd must not notice.

  Rule: Three members are healthy and one of them is the leader

    @claim_63_1 @ignores_workers
    Scenario: Three members agree on their leader
      Given the running etcd members
      Then every etcd member is healthy, and one of three in the same cluster
      And every etcd member names the same leader in the same term
      And every etcd member runs the minor version that Kubernetes names

  Rule: One member may be lost without losing writes
    Which member leads is chance: an API server that knows only another one would not notice the loss.

    @claim_63_2 @ignores_workers
    Scenario: API servers know every member, and members detect the loss of one quickly
      Given the running etcd members
      Then every API server is configured with all three members of etcd
      And every etcd member has a heartbeat interval of 100 ms and an election timeout of 1000 ms
      And each etcd member has the same settings for quorum

    @claim_63_2 @changes_a_member
    Scenario Outline: <member> <ends> and returns
      Given the running etcd members
      When <member> of etcd <ends>
      Then within 15 s a write through each API server is read from both remaining members
      And no remaining member has restarted, and the leader has changed at most once
      When the lost member starts
      Then within 15 s every member has the same data

      Examples:
        | member     | ends      |
        | the leader | is killed |

      @slow
      Examples:
        | member     | ends  |
        | a follower | stops |

  Rule: A snapshot of one member is a private file

    @claim_63_3 @claim_63_9 @ignores_workers
    Scenario: Snapshots are readable only by root, and members do not notice them
      Given the running etcd members
      When a snapshot is taken of each etcd member, on its machine
      Then each snapshot file is complete, has a checksum, and only root may read it
      And etcdctl reports the storage version of the members
      And the running etcd members are unchanged

    @claim_63_3 @ignores_workers
    Scenario: A snapshot of three endpoints is refused
      Given the running etcd members
      When a snapshot of all three endpoints is requested
      Then etcdctl refuses the snapshot, naming "snapshot must be requested to one selected node"
      And the refused snapshot leaves no file

  Rule: A snapshot taken under writes is a point in time

    @claim_63_4 @ignores_workers
    Scenario: The snapshot has every write up to one revision and no later one
      Given a client that creates five ConfigMaps a second
      When a snapshot is taken while the client writes
      And the snapshot is restored to a separate member
      Then the snapshot's revision is in the range read around the snapshot
      And the restored member has the ConfigMaps written up to the snapshot's revision, and no later one
      And every write of the client succeeded

  Rule: The status of a snapshot describes its content

    @claim_63_5 @ignores_workers
    Scenario: The status is reproducible and counts the live keys
      Given a snapshot of one etcd member is taken
      When the status of the snapshot is read twice
      Then both statuses have the same hash, revision and size
      And the status has the storage version of the members
      And the status counts the keys that were live at the snapshot's revision
      And the snapshot file is unchanged

    @claim_63_5 @ignores_workers
    Scenario: A truncated snapshot has no status, and etcdctl no longer reports one
      Given a snapshot of one etcd member is taken
      When a copy of the snapshot is truncated to half
      Then etcdutl reports a status of the snapshot
      But etcdutl reports no status of the truncated copy
      And etcdctl reports no status of the snapshot

  Rule: A corrupted snapshot is refused

    @claim_63_6 @ignores_workers
    Scenario: One changed byte is detected
      Given a snapshot that contains a known value
      When the snapshot is restored to a fresh directory
      Then the fresh directory has a member
      When one byte of the known value is changed in the snapshot
      And the snapshot is restored to a fresh directory
      Then etcdutl refuses the restore, naming "sha256"
      And the fresh directory has no member

  Rule: A snapshot is restored to a fresh directory only

    @claim_63_7 @ignores_workers
    Scenario: A directory that is not empty is refused
      Given a snapshot of one etcd member is taken
      When the snapshot is restored to a fresh directory
      Then the fresh directory has a member
      When the snapshot is restored to the same directory again
      Then etcdutl refuses the restore, naming "not empty"
      And the data directory of the running member is unchanged

  Rule: The restored directory works

    @claim_63_8 @claim_63_9 @ignores_workers
    Scenario: A restored member serves the same objects
      Given the running etcd members
      And a snapshot of one etcd member is taken
      When the snapshot is restored to a separate member
      Then the restored member is a healthy cluster of its own
      And every key of the restored member has the same bytes as in the running etcd at the snapshot's revision
      And the restored member has Nodes with the UIDs that the API returns
      And the running etcd members are unchanged

  Rule: A snapshot is a backup: it keeps objects that are deleted later

    @claim_63_10 @ignores_workers
    Scenario: A deleted object is in the snapshot, a later one is not
      Given a snapshot that contains a known value
      When the object with the known value is deleted and a later object is created
      And the snapshot is restored to a separate member
      Then the restored member has the deleted object and not the later object
      But the API has the later object and not the deleted object

  Rule: High availability is not backup

    @claim_63_11 @ignores_workers
    Scenario: A delete reaches every member
      Given an object that every etcd member stores
      When the stored object is deleted
      Then within 5 s no etcd member stores the object

  Rule: A snapshot does not leak Secrets

    @claim_63_12 @ignores_workers
    Scenario: A Secret's value is not readable in the file, a ConfigMap's is
      Given a Secret and a ConfigMap with known values
      When a snapshot of one etcd member is taken
      Then every Secret in etcd, old and new, is marked as encrypted
      And the snapshot file contains the ConfigMap's value and not the Secret's

    @claim_63_12 @ignores_workers
    Scenario: Every Secret in etcd is encrypted, whichever API server stored it
      When a Secret is created through each API server
      Then every API server returns each of the Secrets
      And every Secret in etcd, old and new, is marked as encrypted

  Rule: Every certificate has the expected expiry, names, usages and issuer

    @claim_63_13 @relies_on_every_worker
    Scenario: Every certificate in use is what was issued
      Given the certificates of all machines, and the components that use them
      Then each component uses one certificate for each purpose
      And each certificate is valid for 8760 hours and not expired
      And each certificate has the names and usages it was issued with, and no others
      And each certificate is signed by its own CA and by no other CA
      And only root may read the keys, and a CA key is only where certificates are signed

    @claim_63_13 @relies_on_every_worker
    Scenario: A port serves the certificate in the file
      Given the certificates of all machines, and the components that use them
      Then every TLS port of etcd, API servers and kubelets serves the certificate in its machine's file
      And a client that trusts the port's CA accepts every TLS port
      And a client that trusts another CA refuses every TLS port

    @claim_63_13 @relies_on_every_worker
    Scenario: A client certificate opens the ports of its own CA only
      Given a client certificate of each CA, of an unknown CA, and of the front-proxy CA with another name
      When each client certificate is presented to every port that requests one
      Then every port admits clients of its own CAs
      And every port refuses clients of other CAs

  Rule: An expired client certificate is refused

    @claim_63_18 @ignores_workers
    Scenario: An expired admin certificate is refused
      Given an admin certificate that expired a day ago
      And an admin certificate that expires tomorrow
      Then every API server answers 200 to the certificate that expires tomorrow
      But every API server answers 401 to the certificate that expired a day ago

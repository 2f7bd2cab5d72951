@article_63
Feature: Backing up etcd and knowing the certificates' end
  Three members survive the loss of one, but a delete reaches all three: high availability is not backup.
  A snapshot is one file, taken from one member; in etcd 3.6 its status and restore belong to etcdutl.
  The article lists three endpoints for health; the same list makes a snapshot fail, because exactly one
  is allowed. A restored copy is judged beside the running etcd, which must not notice.

  Rule: Three members are healthy and one of them leads

    @claim_63_1
    Scenario: Three members agree on their leader
      Given the running etcd members
      Then three different members of one cluster are healthy
      And all three name the same leader in the same term
      And each runs etcd 3.6

  Rule: One member may be lost without losing writes
    Which member leads is luck: an API server that knows another one only would not notice the loss.

    @claim_63_2
    Scenario: Every API server can do without any one member, and members notice a loss soon
      Given the running etcd members
      Then every API server was told of all three members
      And every member beats each 100 ms and gives its leader up after 1000 ms

    @claim_63_2 @disruptive
    Scenario Outline: <member> <ends> and returns
      Given the running etcd members
      When <member> of etcd <ends>
      Then within 15 s a write through each API server is read from both other members
      And the processes of the others run on, with at most one change of leader
      When the lost member starts again
      Then within 15 s it holds the same data as the others

      Examples:
        | member     | ends      |
        | the leader | is killed |

      @slow
      Examples:
        | member     | ends  |
        | a follower | stops |

  Rule: A snapshot of one member is a private file

    @claim_63_3 @claim_63_9
    Scenario: Snapshots are readable by root alone and the members do not notice
      Given the running etcd members
      When a snapshot is taken of each member, on its machine
      Then each file is complete, has a checksum, and only root may read it
      And etcdctl named the version of the members' storage
      And the running members are untouched

    @claim_63_3
    Scenario: A snapshot of three endpoints at once is refused
      Given the running etcd members
      When a snapshot of all three endpoints is asked for
      Then etcdctl refuses, because it needs exactly one endpoint
      And no file is left behind

  Rule: A snapshot taken while writes go on is a point in time

    @claim_63_4
    Scenario: Everything up to one revision is in it and nothing later
      Given a writer that makes five ConfigMaps a second
      When a snapshot is taken while it writes
      And the snapshot is restored beside the running etcd
      Then its revision lies between those read before and after it
      And at least 10 ConfigMaps were written on each side of it
      And the restored member holds those written up to that revision and none after
      And no write failed

  Rule: A snapshot says what it holds

    @claim_63_5
    Scenario: Its status is the same twice and counts the live keys
      Given a snapshot of the running etcd
      When its status is read twice
      Then both say the same hash, revision, size and version 3.6
      And it counts the keys that lived at its revision
      And its bytes are unchanged

    @claim_63_5
    Scenario: A truncated file has no status, and etcdctl no longer tells one
      Given a snapshot of the running etcd
      When half of its copy is cut off
      Then etcdutl tells no status of the copy but tells that of the snapshot
      And etcdctl tells no status at all

  Rule: A damaged snapshot is refused

    @claim_63_6
    Scenario: One changed byte is noticed
      Given a snapshot that holds a known value
      When one byte of that value is changed in a copy
      Then restoring the copy fails on its checksum and leaves no member
      And the untouched file can be restored

  Rule: It restores into a fresh directory only

    @claim_63_7
    Scenario: A directory that is not empty is refused
      Given a snapshot of the running etcd
      When it is restored into a fresh directory
      Then that directory holds a member
      And restoring into it again is refused
      And the data directory of the running member is untouched

  Rule: The restored directory works

    @claim_63_8 @claim_63_9
    Scenario: A restored member serves the same objects
      Given the running etcd members
      And a snapshot of the running etcd
      When the snapshot is restored beside the running etcd
      Then it is a healthy cluster of its own
      And every key has the same bytes as in the running etcd at that revision
      And its Nodes have the UIDs that the API tells
      And the running members are untouched

  Rule: It is a backup: it keeps what is deleted later

    @claim_63_10
    Scenario: A deleted object is in it, a later one is not
      Given a snapshot that holds a known value
      When that object is deleted and another created
      And the snapshot is restored beside the running etcd
      Then the restored member has the deleted object with its UID
      And it has nothing of the later one
      And the API has the later one only

  Rule: High availability is not backup

    @claim_63_11
    Scenario: A delete reaches every member
      Given an object that each member holds by itself
      When it is deleted
      Then within 5 s no member holds it by itself

  Rule: A snapshot does not leak Secrets

    @claim_63_12
    Scenario: A Secret's value is not readable in the file, a ConfigMap's is
      Given a Secret and a ConfigMap with known values
      When a snapshot is taken of one member
      Then the stored Secret is marked as encrypted
      And the file shows the ConfigMap's value but not the Secret's

    @claim_63_12
    Scenario: Every Secret in etcd is encrypted, whichever API server stored it
      When a Secret is made through each API server
      Then every API server reads each of them
      And every Secret in etcd is marked as encrypted, those among them

  Rule: Every certificate's end is known and right

    @claim_63_13
    Scenario: Every certificate that a component goes by is what was built
      Given the certificates of all machines, and who goes by them
      Then each component goes by one certificate for each of its uses
      And each is valid for 8760 hours and not over
      And each names whom it was built for, for its use, and nothing more
      And each is signed by its own authority and by neither of the others
      And their keys are root's alone, and an authority's lies only where somebody signs with it

    @claim_63_13
    Scenario: What a port serves is what the file says
      Given the certificates of all machines, and who goes by them
      Then every TLS port of etcd, API servers and kubelets serves the file of its machine
      And a client that trusts its authority accepts it
      And a client that trusts another authority refuses it

    @claim_63_13
    Scenario: A client's certificate opens the ports of its own authority and no others
      Given a client's certificate of each authority, of a stranger's, and of the front proxy's by another name
      When each is shown to every port that asks for one
      Then each port lets in clients of the authorities that it is for
      And no port lets in a client of another, or a stranger's

  Rule: An expired client certificate is refused

    @claim_63_18
    Scenario: An administrator's certificate of yesterday is worth nothing
      Given an administrator's certificate that ended a day ago
      And one that is valid until tomorrow
      Then every API server answers 401 to the first and 200 to the second

package ssmdocuments

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/lab"
)

// snapshot makes a database and an unencrypted snapshot of it.
func (w world) snapshot() {
	w.Helper()
	w.do("rds", "create_db_instance", m{
		"DBInstanceIdentifier": "shop", "DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20,
		"MasterUsername": "root", "MasterUserPassword": "not-a-secret",
	})
	w.do("rds", "create_db_snapshot", m{"DBSnapshotIdentifier": "before-sale", "DBInstanceIdentifier": "shop"})
}

// snapshots are the database's snapshots; * marks encrypted ones.
func (w world) snapshots() string {
	w.Helper()
	var said []string
	for _, one := range at(w.do("rds", "describe_db_snapshots", m{"SnapshotType": "manual"}), "DBSnapshots").([]any) {
		mark := ""
		if text(one, "Encrypted") == "true" {
			mark = "*"
		}
		said = append(said, text(one, "DBSnapshotIdentifier")+mark)
	}
	return strings.Join(said, " ")
}

func snapshotScenes() []scene {
	var out []scene
	for remove, want := range map[string]string{
		"false": "before-sale before-sale-encrypted*", "true": "before-sale-encrypted*",
	} {
		out = append(out, scene{
			document: "Salve-EncryptSnapshot", name: "delete original " + remove,
			make: func(w world) map[string][]string {
				w.snapshot()
				return one("SnapshotIdentifier", "before-sale", "DeleteOriginal", remove)
			},
			left: func(w world, _ map[string][]string) string {
				if now := w.snapshots(); now != want {
					return "there are " + now
				}
				return ""
			},
		})
	}
	return out
}

// TestSnapshotsThatStay: nothing is copied, or the copy goes again; the original is there as before.
func TestSnapshotsThatStay(t *testing.T) {
	d := document(t, "Salve-EncryptSnapshot")
	for name, c := range map[string]struct {
		change func(w world)
		drop   string
		says   string
		left   string
	}{
		"shared": {func(w world) {
			w.do("rds", "modify_db_snapshot_attribute", m{
				"DBSnapshotIdentifier": "before-sale",
				"AttributeName":        "restore", "ValuesToAdd": []any{"333333333333"},
			})
		}, "", "the snapshot is shared", "before-sale"},
		"a copy is there": {func(w world) {
			w.do("rds", "copy_db_snapshot", m{
				"SourceDBSnapshotIdentifier": "before-sale",
				"TargetDBSnapshotIdentifier": "before-sale-encrypted",
			})
		}, "", "before-sale-encrypted is not encrypted", "before-sale before-sale-encrypted"},
		"not allowed to delete": {nil, "rds:DeleteDBSnapshot", "Delete Failed", "before-sale before-sale-encrypted*"},
		"not allowed to copy":   {nil, "rds:CopyDBSnapshot", "Copy Failed", "before-sale"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.snapshot()
			if c.change != nil {
				c.change(w)
			}
			parameters := one("SnapshotIdentifier", "before-sale", "DeleteOriginal", "true")
			e := w.until(w.start(d, without(d.Permissions, c.drop), parameters), ended)
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if now := w.snapshots(); now != c.left {
				t.Errorf("there are %s", now)
			}
		})
	}
}

// TestACopyIsTakenUp: an execution that was cut off before the original went has left the copy.
func TestACopyIsTakenUp(t *testing.T) {
	w := newWorld(t)
	w.snapshot()
	w.do("rds", "copy_db_snapshot", m{
		"SourceDBSnapshotIdentifier": "before-sale", "TargetDBSnapshotIdentifier": "before-sale-encrypted",
		"KmsKeyId": "alias/aws/rds",
	})
	d := document(t, "Salve-EncryptSnapshot")
	parameters := one("SnapshotIdentifier", "before-sale", "DeleteOriginal", "true")
	e := w.until(w.start(d, without(d.Permissions, "rds:CopyDBSnapshot"), parameters), ended)
	if now := w.snapshots(); text(e, "AutomationExecutionStatus") != "Success" || now != "before-sale-encrypted*" {
		t.Errorf("there are %s: %s", now, steps(e))
	}
}

// TestSnapshotScripts: what the emulator does at once, and copies that it does not make.
func TestSnapshotScripts(t *testing.T) {
	copied := func(change m) map[string][]any {
		one := m{
			"DBInstanceIdentifier": "shop", "AllocatedStorage": 20, "Encrypted": true, "Status": "available",
			"OriginalSnapshotCreateTime": "then", "DBSnapshotArn": "arn",
			"KmsKeyId": "arn:aws:kms:eu-west-1:222222222222:key/k1",
		}
		maps.Copy(one, change)
		return map[string][]any{
			"rds.describe_db_snapshots":           {m{"DBSnapshots": []any{one}}},
			"rds.describe_db_snapshot_attributes": {m{"DBSnapshotAttributesResult": m{}}},
		}
	}
	under := func(key string) m {
		return m{
			"Name": "a", "Copy": "a-encrypted", "Database": "shop", "Storage": 20, "Taken": "then", "Key": key,
			"Account": "222222222222",
		}
	}
	compared := under("alias/aws/rds")
	lasting, leaving, there := copied(nil), copied(nil), m{"Name": "a", "Copy": "a-encrypted", "Gone": true}
	leaving["rds.describe_db_snapshots"] = append(slices.Repeat(lasting["rds.describe_db_snapshots"], 3),
		m{"error": "DBSnapshotNotFoundFault"})
	script := func(step, name string, events m, answers map[string][]any, says string, slept float64) scriptCase {
		c := scriptCase{Name: name, Events: events, Answers: answers, says: says, slept: slept}
		if c.result = (m{}); says != "" {
			c.result = nil
		} else if step == "Prove" {
			c.result = m{"Arn": "arn"}
		}
		return c.of(t, "Salve-EncryptSnapshot", step)
	}
	drop := func(there bool, answers map[string][]any, calls ...string) scriptCase {
		c := scriptCase{
			Name: fmt.Sprint("there before: ", there), Events: m{"Name": "a", "Copy": "c", "There": there}, Answers: answers,
			result: m{}, calls: calls,
		}
		return c.of(t, "Salve-EncryptSnapshot", "DropCopy")
	}
	alone := scriptCase{
		Name: "the original is gone", Events: m{"Name": "a", "Copy": "c", "There": false},
		Answers: map[string][]any{"rds.describe_db_snapshots": {m{"error": "DBSnapshotNotFoundFault"}}},
		says:    "the original is gone: its copy c is kept", calls: []string{"rds.describe_db_snapshots"},
	}
	playScripts(t, []scriptCase{
		script("Compare", "as it should be", compared, copied(nil), "", 0),
		script("Compare", "of another time", compared, copied(m{"OriginalSnapshotCreateTime": "later"}), "another", 0),
		script("Compare", "of another database", compared, copied(m{"DBInstanceIdentifier": "till"}), "another", 0),
		script("Compare", "under a key of somebody else", compared,
			copied(m{"KmsKeyId": "arn:aws:kms:eu-west-1:333333333333:key/k1"}), "a key of another account", 0),
		script("Compare", "under another key", under("k2"), copied(nil), "under another key", 0),
		script("Compare", "under the key", under("arn:aws:kms:eu-west-1:222222222222:key/k1"), copied(nil), "", 0),
		script("Compare", "RDS gave it up", compared, copied(m{"Status": "failed"}), "it is failed", 0),
		script("Prove", "the original takes its time", there, leaving, "", 30),
		script("Prove", "the original stays", there, lasting, "still there", 300),
		drop(true, nil), alone.of(t, "Salve-EncryptSnapshot", "DropCopy"),
		drop(false, map[string][]any{
			"rds.describe_db_snapshots": {m{"DBSnapshots": []any{m{"Status": "available"}}}}, "rds.delete_db_snapshot": {m{}},
		}, "rds.describe_db_snapshots", "rds.delete_db_snapshot"),
	})
}

// TestAutomatedSnapshotsAreNoParameter: their names do not even start the runbook.
func TestAutomatedSnapshotsAreNoParameter(t *testing.T) {
	w := newWorld(t)
	d := document(t, "Salve-EncryptSnapshot")
	w.do("ssm", "create_document", m{
		"Name": d.Name, "DocumentType": "Automation", "DocumentFormat": "YAML", "Content": d.Content,
	})
	out := w.try("ssm", "start_automation_execution", m{"DocumentName": d.Name, "Parameters": m{
		"AutomationAssumeRole": []any{"arn:aws:iam::222222222222:role/salve/automation/salve-snapshots"},
		"SnapshotIdentifier":   []any{"rds:shop-2026-01-01-00-00"},
	}})
	if out.Error != "InvalidAutomationExecutionParametersException" {
		t.Errorf("%+v", out)
	}
}

// TestACopyThatIsNoUse goes again: what the original is like cannot be asked a second time.
func TestACopyThatIsNoUse(t *testing.T) {
	w := newWorld(t)
	w.snapshot()
	w.fault(lab.Fault{
		Service: "rds", Operation: "DescribeDBSnapshotAttributes", Error: "InternalFailure", After: 1, Count: 1,
	})
	e := w.run(document(t, "Salve-EncryptSnapshot"), one("SnapshotIdentifier", "before-sale", "DeleteOriginal", "true"))
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "DropCopy Success") {
		t.Errorf("%s", steps(e))
	}
	if now := w.snapshots(); now != "before-sale" {
		t.Errorf("there are %s", now)
	}
}

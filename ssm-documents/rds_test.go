package ssmdocuments

import (
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
		}, "", "Copy Failed", "before-sale before-sale-encrypted"},
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

package rds_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/rds"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const snapshotPrefix = "arn:aws:rds:us-east-1:222222222222:snapshot:"

// deleting is what a person has to say before anything is deleted.
func deleting() map[string]any { return map[string]any{"deleteOriginal": true} }

// The runbook runs in the lab, which copies at once, as the role of its family and with its rights alone.
func TestEncryptedSnapshot(t *testing.T) {
	c := playbook.EncryptedSnapshot()[0]
	playbooktest.Run(t, playbooktest.Suite{
		Control: c, Params: playbooktest.Got(c.Resolve(deleting()))(t),
		Seed: newSnapshot,
		Foreign: []string{
			"arn:aws:rds:us-east-1:222222222222:db:orders", snapshotPrefix, snapshotPrefix + "a*", snapshotPrefix + "a:b:c",
			snapshotPrefix + "{{ x }}", "arn:aws:rds:us-east-1:22:snapshot:a",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			id := snapshotName(resource)
			return []string{encryption(ctx, t, root, id), encryption(ctx, t, root, id+"-encrypted")}
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(rds.NewFromConfig(root).DeleteDBSnapshot(ctx, &rds.DeleteDBSnapshotInput{
				DBSnapshotIdentifier: aws.String(snapshotName(resource)),
			}))(t)
		},
		Skip: map[string]string{
			playbooktest.CaseDrift:     "all of the change is one way: there is nothing to take back",
			playbooktest.CaseUnrelated: "the snapshot is gone after the fix, and what others changed about it with it",
			playbooktest.CaseFacts:     "after the fix nobody can change what is weighed of a snapshot that is gone",
		},
		Unseen: map[string]string{"rds:DescribeDBClusterSnapshots": "snapshots of clusters: TestSnapshotLine calls it"},
	})
}

func snapshotName(resource string) string { return strings.TrimPrefix(resource, snapshotPrefix) }

// newSnapshot is a manual, unencrypted snapshot of a database of its own.
func newSnapshot(ctx context.Context, t *testing.T, root aws.Config) string {
	client, id := rds.NewFromConfig(root), "suite-"+strings.ToLower(rand.Text())
	playbooktest.Got(client.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: &id, Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.t4g.micro"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("suite"), MasterUserPassword: aws.String(rand.Text()),
	}))(t)
	return *playbooktest.Got(client.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{
		DBInstanceIdentifier: &id, DBSnapshotIdentifier: &id,
	}))(t).DBSnapshot.DBSnapshotArn
}

// encryption is "encrypted", "plain" or "gone".
func encryption(ctx context.Context, t *testing.T, root aws.Config, id string) string {
	in := rds.DescribeDBSnapshotsInput{DBSnapshotIdentifier: &id}
	out, err := rds.NewFromConfig(root).DescribeDBSnapshots(ctx, &in)
	if fault.Of(err) == fault.Gone {
		return "gone"
	}
	playbooktest.Done(t, err)
	if aws.ToBool(out.DBSnapshots[0].Encrypted) {
		return "encrypted"
	}
	return "plain"
}

func share(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(rds.NewFromConfig(root).ModifyDBSnapshotAttribute(ctx, &rds.ModifyDBSnapshotAttributeInput{
		DBSnapshotIdentifier: aws.String(snapshotName(resource)), AttributeName: aws.String("restore"),
		ValuesToAdd: []string{"333333333333"},
	}))(t)
}

// What a runbook leaves that fails before the snapshot goes is known to its run, and the next one takes it up.
func TestSnapshotThatCannotGo(t *testing.T) {
	c, root := playbook.EncryptedSnapshot()[0], playbooktest.Root(t)
	resource := newSnapshot(t.Context(), t, root)
	id := snapshotName(resource)
	env := playbooktest.Env(t, c, resource, playbooktest.With(deleting()))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if !plan.OneWay() || !strings.Contains(plan.String(), "a deleted snapshot does not come back") {
		t.Errorf("the plan does not say that it is one way:\n%s", plan)
	}
	playbooktest.Done(t, playbooktest.World(t).Break("DeleteDBSnapshot", "InternalFailure"))
	if p := playbooktest.Ended(t, nil, c, env, plan); !p.Failed || p.Step != "Delete" {
		t.Errorf("it ended as %+v", p)
	}
	seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	if len(seen.Left) != 1 || seen.Left[0].Path != "Unencrypted" || encryption(t.Context(), t, root, id) != "plain" {
		t.Errorf("left are %v", seen.Left)
	}
	next := playbooktest.Env(t, c, resource, playbooktest.With(deleting()))
	playbooktest.Fix(t, c, next)
	if now := encryption(t.Context(), t, root, id); now != "gone" {
		t.Errorf("the snapshot is %s", now)
	}
}

// What somebody does between the plan and the start is met by the runbook: nothing is deleted, the look says why.
func TestSnapshotMeanwhile(t *testing.T) {
	for name, tc := range map[string]struct {
		act        playbooktest.Act
		step, says string
	}{
		"shared": {share, "Check", "is shared"},
		"its copy's name is taken": {func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(rds.NewFromConfig(root).CopyDBSnapshot(ctx, &rds.CopyDBSnapshotInput{
				SourceDBSnapshotIdentifier: aws.String(snapshotName(resource)),
				TargetDBSnapshotIdentifier: aws.String(snapshotName(resource) + "-encrypted"),
			}))(t)
		}, "Compare", "no encrypted copy of this one"},
	} {
		t.Run(name, func(t *testing.T) {
			c, root := playbook.EncryptedSnapshot()[0], playbooktest.Root(t)
			resource := newSnapshot(t.Context(), t, root)
			env := playbooktest.Env(t, c, resource, playbooktest.With(deleting()))
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			tc.act(t.Context(), t, root, resource)
			if p := playbooktest.Ended(t, nil, c, env, plan); !p.Failed || p.Step != tc.step {
				t.Errorf("it ended as %+v", p)
			}
			_, err := c.Verify(t.Context(), env, plan)
			playbooktest.Fails(t, err, fault.Refused, tc.says)
			if now := encryption(t.Context(), t, root, snapshotName(resource)); now != "plain" {
				t.Errorf("the snapshot is %s", now)
			}
		})
	}
}

// The snapshots of the pictures.
const (
	before    = snapshotPrefix + "before-sale"
	ofCluster = "arn:aws:rds:us-east-1:222222222222:cluster-snapshot:before-sale"
)

// pictures are snapshots that only a stand-in knows, by their names.
func pictures(all map[string]types.DBSnapshot, sharedWith ...string) playbooktest.StandIn {
	told := &types.DBSnapshotAttributesResult{DBSnapshotAttributes: []types.DBSnapshotAttribute{
		{AttributeName: aws.String("restore"), AttributeValues: sharedWith},
	}}
	s := playbooktest.Answers(&rds.DescribeDBSnapshotAttributesOutput{DBSnapshotAttributesResult: told})
	s["DescribeDBSnapshots"] = func(in any) (any, error) {
		one, ok := all[*in.(*rds.DescribeDBSnapshotsInput).DBSnapshotIdentifier]
		if !ok {
			return nil, &smithy.GenericAPIError{Code: "DBSnapshotNotFound"}
		}
		return &rds.DescribeDBSnapshotsOutput{DBSnapshots: []types.DBSnapshot{one}}, nil
	}
	return s
}

// taken is when the snapshot of the pictures was taken.
func taken() *time.Time { return aws.Time(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) }

// picture is a manual snapshot without encryption, changed.
func picture(changes ...func(*types.DBSnapshot)) types.DBSnapshot {
	one := types.DBSnapshot{
		Encrypted: aws.Bool(false), SnapshotType: aws.String("manual"), Status: aws.String("available"),
		DBInstanceIdentifier: aws.String("shop"), OriginalSnapshotCreateTime: taken(),
	}
	for _, change := range changes {
		change(&one)
	}
	return one
}

func encrypted(one *types.DBSnapshot) { one.Encrypted = aws.Bool(true) }

func status(s string) func(*types.DBSnapshot) { return func(one *types.DBSnapshot) { one.Status = &s } }

func key(arn string) func(*types.DBSnapshot) {
	return func(one *types.DBSnapshot) { one.KmsKeyId = &arn }
}

func ofType(s string) func(*types.DBSnapshot) {
	return func(one *types.DBSnapshot) { one.SnapshotType = &s }
}

// alone is the snapshot without a copy, beside with what has the name of one.
func alone(one types.DBSnapshot, sharedWith ...string) playbooktest.StandIn {
	return pictures(map[string]types.DBSnapshot{"before-sale": one}, sharedWith...)
}

func beside(other types.DBSnapshot) playbooktest.StandIn {
	return pictures(map[string]types.DBSnapshot{"before-sale": picture(), "before-sale-encrypted": other})
}

// left is what remains once the snapshot is gone.
func left(copied types.DBSnapshot) playbooktest.StandIn {
	return pictures(map[string]types.DBSnapshot{"before-sale-encrypted": copied})
}

// under is a copy under a key.
func under(key string) map[string]any {
	p := deleting()
	p["kmsKeyId"] = key
	return p
}

// clusters answers about the snapshot of a cluster.
func clusters(all ...types.DBClusterSnapshot) playbooktest.StandIn {
	return playbooktest.Answers(&rds.DescribeDBClusterSnapshotsOutput{DBClusterSnapshots: all})
}

// AWS fails each snapshot that is not encrypted, whatever made it and whatever it is of.
func TestSnapshotLine(t *testing.T) {
	c, unset := playbook.EncryptedSnapshot()[0], picture(func(one *types.DBSnapshot) { one.Encrypted = nil })
	ours := "arn:aws:kms:us-east-1:222222222222:"
	shapes := map[string]playbooktest.Shape{
		"encrypted":            {Answers: alone(picture(encrypted))},
		"encrypted and shared": {Answers: alone(picture(encrypted), "333333333333")},
		"encrypted, automated": {Answers: alone(picture(encrypted, ofType("automated")))},
		"replaced":             {Answers: left(picture(encrypted))},
		"gone, a plain copy":   {Answers: left(picture()), Class: fault.Gone},
		"gone, being copied":   {Answers: left(picture(encrypted, status("creating"))), Class: fault.Gone},
		"gone":                 {Answers: pictures(nil), Class: fault.Gone},
		"unset":                {Answers: alone(unset), Class: fault.Invalid},
		"plain":                {Answers: alone(picture()), Fails: true},
		"plain, copied":        {Answers: beside(picture(encrypted)), Fails: true},
		"plain, copied under the key": {
			Answers: beside(picture(encrypted, key(ourKey))), Params: under(keyID), Fails: true,
		},
		"plain, being copied":  {Answers: beside(picture(status("creating"))), Fails: true},
		"plain, being deleted": {Answers: alone(picture(status("deleting"))), Fails: true},
		"a key of ours":        {Answers: alone(picture()), Params: under(ours + "key/" + keyID), Fails: true},
		"an alias of ours":     {Answers: alone(picture()), Params: under(ours + "alias/data"), Fails: true},
		"a key by its id":      {Answers: alone(picture()), Params: under(keyID), Fails: true},
		"a key of Regions":     {Answers: alone(picture()), Params: under(regionsKey), Fails: true},
	}
	for name, s := range shapes {
		if s.Params == nil {
			s.Params = deleting()
		}
		shapes[name] = s
	}
	playbooktest.Judged(t, c, before, shapes)
	playbooktest.Judged(t, c, ofCluster, map[string]playbooktest.Shape{
		"cluster, encrypted": {Answers: clusters(types.DBClusterSnapshot{StorageEncrypted: aws.Bool(true)})},
		"cluster, unset":     {Answers: clusters(types.DBClusterSnapshot{}), Class: fault.Invalid},
		"cluster, none":      {Answers: clusters(), Class: fault.Invalid},
	})
}

// Which of those that fail can be replaced is another matter.
//
// better: RDS.4 deletes no original that nobody said to delete
func TestSnapshotsThatStay(t *testing.T) {
	c := playbook.EncryptedSnapshot()[0]
	refused := func(answers playbooktest.StandIn, params map[string]any, words ...string) playbooktest.Shape {
		return playbooktest.Shape{Answers: answers, Params: params, Class: fault.Refused, Words: words}
	}
	later := func(one *types.DBSnapshot) { one.OriginalSnapshotCreateTime = aws.Time(taken().Add(time.Hour)) }
	unknown := func(one *types.DBSnapshot) { one.OriginalSnapshotCreateTime = nil }
	of := func(database string) func(*types.DBSnapshot) {
		return func(one *types.DBSnapshot) { one.DBInstanceIdentifier = &database }
	}
	playbooktest.Judged(t, c, before, map[string]playbooktest.Shape{
		"nobody says delete":    refused(alone(picture()), nil, "deleteOriginal", "to true"),
		"being made":            refused(alone(picture(status("creating"))), deleting(), "once it is available"),
		"another has the name":  refused(beside(picture()), deleting(), "before-sale-encrypted is there already"),
		"a copy of a later one": refused(beside(picture(encrypted, later)), deleting(), "no encrypted copy of this one"),
		"a copy of another":     refused(beside(picture(encrypted, of("till"))), deleting(), "no encrypted copy of this one"),
		"nobody knows of what":  refused(beside(picture(encrypted, unknown)), deleting(), "no encrypted copy of this one"),
		"a copy under a key of theirs": refused(beside(picture(encrypted, key(theirKey))), deleting(),
			"no encrypted copy of this one under the key"),
		"a copy under another key": refused(beside(picture(encrypted, key(ourKey))), under(regionsKey),
			"no encrypted copy of this one under the key"),
		"shared":        refused(alone(picture(), "333333333333"), deleting(), "is shared"),
		"public":        refused(alone(picture(), "all"), deleting(), "is shared"),
		"automated":     refused(alone(picture(ofType("automated"))), deleting(), "encrypt the database"),
		"of AWS Backup": refused(alone(picture(ofType("awsbackup"))), deleting(), "is awsbackup"),
		"a key of theirs": refused(alone(picture()), under("arn:aws:kms:us-east-1:333333333333:key/"+keyID),
			"another account"),
		"a key far away": refused(alone(picture()), under("arn:aws:kms:eu-west-1:222222222222:key/"+keyID), "us-east-1"),
	})
	playbooktest.Judged(t, c, ofCluster, map[string]playbooktest.Shape{
		"cluster": refused(clusters(types.DBClusterSnapshot{StorageEncrypted: aws.Bool(false)}), deleting(),
			"restore an encrypted cluster"),
	})
	tooLong := snapshotPrefix + "a" + strings.Repeat("b", 250)
	playbooktest.Judged(t, c, tooLong, map[string]playbooktest.Shape{
		"a long name": refused(pictures(map[string]types.DBSnapshot{snapshotName(tooLong): picture()}), deleting(),
			"too long"),
	})
}

// Keys, by their ids.
const (
	keyID      = "01234567-89ab-cdef-0123-456789abcdef"
	regionsKey = "mrk-0123456789abcdef0123456789abcdef"
	ourKey     = "arn:aws:kms:us-east-1:222222222222:key/" + keyID
	theirKey   = "arn:aws:kms:us-east-1:333333333333:key/" + keyID
)

// The names are those of manual, automated and backed-up snapshots, and of clusters.
func TestSnapshotNames(t *testing.T) {
	playbooktest.Accepts(t, playbook.EncryptedSnapshot()[0], map[string]string{
		before: "before-sale", snapshotPrefix + "rds:shop-2026-01-01-03-04": "rds:shop-2026-01-01-03-04",
		snapshotPrefix + "awsbackup:job-7a": "awsbackup:job-7a", snapshotPrefix + "a--b": "",
		"arn:aws-cn:rds:cn-north-1:222222222222:cluster-snapshot:a": "a",
	})
}

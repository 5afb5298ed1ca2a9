package rds

import (
	"cmp"
	"context"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/runbook"
)

// The parameters of the control.
const (
	paramDelete = "deleteOriginal"
	paramKey    = "kmsKeyId"
)

// encryptedSuffix ends the name of the copy. The runbook says it too.
const encryptedSuffix = "-encrypted"

// longestCopied is how long the name of a snapshot may be that the runbook takes.
const longestCopied = 245

// snapshot is one that may be unencrypted, and what takes its place.
type snapshot struct {
	Unencrypted   string // name of the snapshot; empty where it is encrypted, or gone and replaced
	EncryptedCopy string // name of the copy, once it is encrypted and available

	Cluster  bool   `salve:"fact"` // of a cluster, not of an instance
	Type     string `salve:"fact"` // manual, automated, awsbackup
	Status   string `salve:"fact"`
	Shared   bool   `salve:"fact"` // with other accounts, or with everybody
	InTheWay string `salve:"fact"` // what has the name of the copy, and is none
}

// EncryptedSnapshot returns the control that puts an encrypted copy in the place of an unencrypted snapshot.
func EncryptedSnapshot() []control.Control {
	return []control.Control{runbook.Runbook[snapshot]{
		Read: readSnapshot, Want: replaced,
		Do: runbook.Named("Salve-EncryptSnapshot"), Family: "snapshots", Parameters: copying,
	}.Control(control.Info{
		ID: "RDS.4",
		Effect: "An encrypted copy, called after the snapshot with " + encryptedSuffix + " at the end, takes the place of " +
			"the snapshot, which is deleted. Whatever names the snapshot has to name the copy from then on, and whoever " +
			"restores from it needs the right to use the key.",
		Fails: control.Fails{
			When: "A snapshot of a DB instance or of a cluster is not encrypted. It fails as long as it is there, whatever " +
				"copies of it there are.",
			Rule: "rds-snapshot-encrypted",
		},
		Impact: control.ImpactDestructive,
		Params: []control.Param{{
			Name: paramDelete, Default: false,
			Meaning: "Whether the snapshot is deleted once its encrypted copy is there. Without that nothing is done: the " +
				"finding would stay.",
		}, {
			Name: paramKey, Default: "alias/aws/rds",
			Meaning: "KMS key of the copy, as id, ARN or alias of the same account and Region. Snapshots under the key of " +
				"RDS, the default, can be shared with no other account.",
			Pattern: regexp.MustCompile(`^(alias/[a-zA-Z0-9/_-]{1,250}|(mrk-)?[0-9a-f-]{32,36}|` +
				`arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[a-zA-Z0-9/_-]{1,250})$`),
		}},
		Pattern: snapshotARN("(?:cluster-)?snapshot"),
		Actions: []string{"rds:DescribeDBClusterSnapshots", "rds:DescribeDBSnapshotAttributes", "rds:DescribeDBSnapshots"},
		OneWay: map[string]string{
			control.Everything: "a deleted snapshot does not come back, and its copy is all that is left of it",
		},
		Settle: control.Settle{Typical: 20 * time.Minute, Within: 14 * time.Hour},
	})}
}

// snapshotARN accepts snapshots of the kind, those that AWS takes by itself too.
func snapshotARN(kind string) *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:` + kind +
		`:((?:[a-z]+:)?[a-zA-Z](?:-?[a-zA-Z0-9]){0,254})$`)
}

// readSnapshot finds a snapshot that was replaced by its copy. One that is gone without a copy is gone.
func readSnapshot(ctx context.Context, env control.Env) (snapshot, error) {
	if ofCluster(env) {
		return readClusterSnapshot(ctx, env)
	}
	one, err := describeSnapshot(ctx, env, env.Name)
	if fault.Of(err) == fault.Gone {
		copied, there, lookErr := copyOf(ctx, env)
		if there && aws.ToBool(copied.Encrypted) {
			return snapshot{EncryptedCopy: env.Name + encryptedSuffix}, nil
		}
		return snapshot{}, cmp.Or(lookErr, err)
	}
	if err != nil {
		return snapshot{}, err
	}
	encrypted, err := kind.Answered(one.Encrypted, "DescribeDBSnapshots", "whether it is encrypted")
	if err != nil || encrypted {
		return snapshot{}, err
	}
	s := snapshot{Unencrypted: env.Name, Type: aws.ToString(one.SnapshotType), Status: aws.ToString(one.Status)}
	copied, there, err := copyOf(ctx, env)
	switch {
	case err != nil:
		return snapshot{}, err
	case there && isCopy(copied, one, env):
		s.EncryptedCopy = env.Name + encryptedSuffix
	case there:
		s.InTheWay = env.Name + encryptedSuffix
	}
	s.Shared, err = shared(ctx, env)
	return s, err
}

// copyOf is what has the name of the copy, once it is available.
func copyOf(ctx context.Context, env control.Env) (copied types.DBSnapshot, there bool, err error) {
	copied, err = describeSnapshot(ctx, env, env.Name+encryptedSuffix)
	if fault.Of(err) == fault.Gone {
		return copied, false, nil
	}
	return copied, err == nil && aws.ToString(copied.Status) == "available", err
}

func ofCluster(env control.Env) bool {
	return strings.Contains(env.Target.Resource, ":cluster-snapshot:")
}

func readClusterSnapshot(ctx context.Context, env control.Env) (snapshot, error) {
	out, err := rds.NewFromConfig(env.Config).DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{
		DBClusterSnapshotIdentifier: &env.Name,
	})
	if err != nil {
		return snapshot{}, err
	}
	found, err := kind.Only(out.DBClusterSnapshots, "DescribeDBClusterSnapshots", "snapshots", env.Name)
	if err != nil {
		return snapshot{}, err
	}
	encrypted, err := kind.Answered(found.StorageEncrypted, "DescribeDBClusterSnapshots", "whether it is encrypted")
	if err != nil || encrypted {
		return snapshot{}, err
	}
	return snapshot{Unencrypted: env.Name, Cluster: true}, nil
}

func describeSnapshot(ctx context.Context, env control.Env, name string) (types.DBSnapshot, error) {
	out, err := rds.NewFromConfig(env.Config).DescribeDBSnapshots(ctx, &rds.DescribeDBSnapshotsInput{
		DBSnapshotIdentifier: &name,
	})
	if err != nil {
		return types.DBSnapshot{}, err
	}
	return kind.Only(out.DBSnapshots, "DescribeDBSnapshots", "snapshots", name)
}

// isCopy tells that a snapshot is an encrypted copy of another: copies keep the time at which the first was taken.
func isCopy(one, of types.DBSnapshot, env control.Env) bool {
	return aws.ToBool(one.Encrypted) && keyed(one, env) &&
		aws.ToString(one.DBInstanceIdentifier) == aws.ToString(of.DBInstanceIdentifier) &&
		one.OriginalSnapshotCreateTime != nil &&
		one.OriginalSnapshotCreateTime.Equal(aws.ToTime(of.OriginalSnapshotCreateTime))
}

// keyed tells that a copy is under the key that the parameter names, where it names one by its id, and under none of
// another account in any case: whose key it is can take the copy away.
func keyed(copied types.DBSnapshot, env control.Env) bool {
	key, wanted := aws.ToString(copied.KmsKeyId), env.Params.Text(paramKey)
	named := strings.Contains(wanted, "alias/") || path.Base(key) == path.Base(wanted)
	return named && needs.Here(key, env.Target)
}

// shared tells that others than the account may restore the snapshot.
func shared(ctx context.Context, env control.Env) (bool, error) {
	given, err := restorers(ctx, env)
	return len(given) > 0, err
}

// restorers are the accounts that may restore the snapshot of an instance, beside its own.
func restorers(ctx context.Context, env control.Env) ([]string, error) {
	out, err := rds.NewFromConfig(env.Config).DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{
		DBSnapshotIdentifier: &env.Name,
	})
	if err != nil {
		return nil, err
	}
	told, err := kind.Answered(out.DBSnapshotAttributesResult, "DescribeDBSnapshotAttributes", "who it is shared with")
	var given []string
	for _, a := range told.DBSnapshotAttributes {
		if aws.ToString(a.AttributeName) == restore {
			given = append(given, a.AttributeValues...)
		}
	}
	return given, err
}

// replaced is the snapshot with its copy in its place: AWS fails it as long as it is there.
func replaced(now snapshot, env control.Env) (snapshot, error) {
	if now.Unencrypted == "" {
		return now, nil
	}
	if why := now.stays(env); why != "" {
		return now, fault.New(fault.Refused, "%s", why)
	}
	now.Unencrypted, now.EncryptedCopy = "", env.Name+encryptedSuffix
	return now, nil
}

// stays says why the snapshot is not replaced, and what to do; nothing where it can be. One that is being deleted is on
// its way.
func (s snapshot) stays(env control.Env) string {
	switch {
	case s.Cluster:
		return "RDS cannot encrypt the snapshot of a cluster by copying it: restore an encrypted cluster from it, take a " +
			"snapshot of that one, and delete this one"
	case s.Type != "manual":
		return "the snapshot is " + s.Type + ", and goes with the retention of what made it: encrypt the database, whose " +
			"later snapshots are encrypted then, and make an exception until this one is gone"
	case s.Shared:
		return "the snapshot is shared, and those who have it would lose it: end that, or share an encrypted copy under a " +
			"key of your own with them first"
	case s.Status != "available" && s.Status != "deleting":
		return "the snapshot is " + s.Status + ": run this again once it is available"
	case s.InTheWay != "":
		return "snapshot " + s.InTheWay + " is there already and is no encrypted copy of this one under the key that it is " +
			"to have: copy it under another name and delete it"
	case len(env.Name) > longestCopied:
		return "the name is too long for the copy to be called after it: copy the snapshot by hand under a name with less " +
			"than " + strconv.Itoa(longestCopied) + " characters, with a key, and delete it"
	case !needs.Here(env.Params.Text(paramKey), env.Target):
		return needs.OtherKey(env.Params.Text(paramKey), paramKey, env.Target).Error()
	case !env.Params.Bool(paramDelete):
		return "AWS fails the snapshot as long as it is there, so that a copy alone would not help: set " + paramDelete +
			" to true to have it deleted once its encrypted copy is there, or make an exception for it"
	}
	return ""
}

// copying are the parameters of the runbook.
func copying(env control.Env, _, _ snapshot) (map[string][]string, error) {
	return map[string][]string{
		"SnapshotIdentifier": {env.Name}, "KmsKeyId": {env.Params.Text(paramKey)},
		"DeleteOriginal": {strconv.FormatBool(env.Params.Bool(paramDelete))},
	}, nil
}

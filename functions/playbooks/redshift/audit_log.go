// Package redshift holds the playbooks for Amazon Redshift.
package redshift

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/runbook"
)

const (
	// paramPrefix is the parameter with what their names begin with.
	paramPrefix = "prefix"
)

// clusterARN accepts clusters of every partition; its group is the identifier.
var clusterARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:redshift:[a-z0-9-]+:[0-9]{12}:cluster:([a-z](?:-?[a-z0-9]){0,62})$`)

// auditLog is whether a cluster writes its audit log; bucket and prefix are empty where it writes none, or another way.
type auditLog struct {
	Logging        bool
	Bucket, Prefix string
	// Status is the cluster's: only one that is available takes the change.
	Status string `salve:"fact"`
}

// AuditLog returns the control that has clusters write their audit log into a bucket, by a runbook: a cluster that is
// being changed takes no other change, for hours where it is resized.
func AuditLog() []control.Control {
	return []control.Control{runbook.Runbook[auditLog]{
		Read: readAuditLog, Want: wantAuditLog,
		Do: runbook.Named("Salve-LogCluster"), Undo: runbook.Named("Salve-UnlogCluster"),
		Family: "auditlogs", Parameters: logging,
	}.Control(control.Info{
		ID: "Redshift.4",
		Effect: "Connections and changes of users are logged into a bucket of the account, which is billed for what lies " +
			"there; queries too, where the cluster's parameter group says enable_user_activity_logging. Nobody who uses " +
			"the cluster notices.",
		Fails: control.Fails{
			When: "The audit log of the cluster is off. Where it is written, and whether it also holds queries, does not " +
				"matter.",
			Rule:   "redshift-cluster-audit-logging-enabled",
			Custom: true,
		},
		Impact:  control.ImpactNone,
		Pattern: clusterARN,
		Params: []control.Param{needs.NamedBucket("Bucket of the cluster's account and Region for logs of clusters that " +
			"write none. It has to be there, to block all public access, and to let redshift.amazonaws.com put objects and " +
			"read its ACL; Salve makes none and starts nothing without."), {
			Name: paramPrefix, Meaning: "What the names of the logs begin with, with a slash at the end.",
			Default: "redshift/", Pattern: regexp.MustCompile(`^[A-Za-z0-9_.-][A-Za-z0-9/_.-]{0,126}/$`),
		}},
		Actions: []string{"redshift:DescribeClusters", "redshift:DescribeLoggingStatus"},
		// The runbook waits up to two hours for a cluster that is being changed, and for nothing else.
		Settle: control.Settle{Typical: 2 * time.Minute, Within: 3 * time.Hour},
	})}
}

func readAuditLog(ctx context.Context, env control.Env) (auditLog, error) {
	client := redshift.NewFromConfig(env.Config)
	now, err := client.DescribeLoggingStatus(ctx, &redshift.DescribeLoggingStatusInput{ClusterIdentifier: &env.Name})
	if err != nil {
		return auditLog{}, err
	}
	on, err := kind.Answered(now.LoggingEnabled, "DescribeLoggingStatus", "whether the log is on")
	if err != nil {
		return auditLog{}, err
	}
	about, err := describe(ctx, env)
	if err != nil {
		return auditLog{}, err
	}
	state := auditLog{Logging: on, Status: aws.ToString(about.ClusterStatus)}
	if on { // what a log was written to before is told for one that is off
		state.Bucket, state.Prefix = aws.ToString(now.BucketName), aws.ToString(now.S3KeyPrefix)
	}
	return state, nil
}

// wantAuditLog leaves a log where it is, whatever the parameters say: who chose the place had a reason.
func wantAuditLog(now auditLog, env control.Env) (auditLog, error) {
	switch bucket := env.Params.Text(needs.ParamBucket); {
	case now.Logging:
		return now, nil
	case stuck(now.Status):
		return now, refuseStuck(now.Status)
	case bucket == "":
		return now, fault.New(fault.Refused, "name a bucket in the parameter %s: one of this account in %s that blocks "+
			"public access and lets redshift.amazonaws.com write", needs.ParamBucket, env.Target.Region)
	default:
		now.Logging, now.Bucket, now.Prefix = true, bucket, env.Params.Text(paramPrefix)
		return now, nil
	}
}

// stuck tells a status that does not become "available" by itself.
// Source: Amazon Redshift API reference, Cluster, ClusterStatus.
func stuck(status string) bool {
	return strings.HasPrefix(status, "incompatible-") || slices.Contains(
		[]string{"deleting", "final-snapshot", "hardware-failure", "paused", "storage-full"}, status)
}

// logging are the parameters of both runbooks: the way back is told which log it is about.
func logging(env control.Env, from, to auditLog) (map[string][]string, error) {
	if env.Undo {
		return map[string][]string{"ClusterIdentifier": {env.Name}, "BucketName": {from.Bucket}}, nil
	}
	return map[string][]string{
		"ClusterIdentifier": {env.Name}, "BucketName": {to.Bucket}, "Prefix": {to.Prefix},
	}, nil
}

package redshift_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/redshift"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const clusters = "arn:aws:redshift:us-east-1:222222222222:cluster:"

// newCluster makes a cluster that writes no log, is public, and has neither upgrades nor more snapshots than it must.
func newCluster(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	name := "sales-" + strings.ToLower(rand.Text()[:8])
	playbooktest.Got(redshift.NewFromConfig(root).CreateCluster(ctx, &redshift.CreateClusterInput{
		ClusterIdentifier: &name, NodeType: aws.String("ra3.large"), MasterUsername: aws.String("root"),
		MasterUserPassword: aws.String("Not-a-secret-1"), PubliclyAccessible: aws.Bool(true),
		AllowVersionUpgrade: aws.Bool(false), AutomatedSnapshotRetentionPeriod: aws.Int32(1),
	}))(t)
	return clusters + name
}

func id(resource string) *string { return aws.String(strings.TrimPrefix(resource, clusters)) }

// newBucket makes a closed bucket that Redshift may write to, and returns its name.
func newBucket(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	name, yes := "logs-"+strings.ToLower(rand.Text()), aws.Bool(true)
	client := s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true })
	playbooktest.Got(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}))(t)
	playbooktest.Got(client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
			BlockPublicAcls: yes, IgnorePublicAcls: yes, BlockPublicPolicy: yes, RestrictPublicBuckets: yes,
		},
	}))(t)
	playbooktest.Got(client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: &name, Policy: aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Service":"redshift.amazonaws.com"},"Action":["s3:PutObject","s3:GetBucketAcl"],
			"Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"]}]}`, name)),
	}))(t)
	return name
}

// logInto turns a log on without Salve.
func logInto(bucket string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Got(redshift.NewFromConfig(root).EnableLogging(ctx, &redshift.EnableLoggingInput{
			ClusterIdentifier: id(resource), BucketName: &bucket, S3KeyPrefix: aws.String("redshift/"),
		}))(t)
	}
}

// observed is what another client sees of a cluster.
type observed struct {
	Logging        bool
	Bucket, Prefix string
	Window         string
}

func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	client := redshift.NewFromConfig(root)
	log := playbooktest.Got(client.DescribeLoggingStatus(ctx, &redshift.DescribeLoggingStatusInput{
		ClusterIdentifier: id(resource),
	}))(t)
	about := playbooktest.Got(client.DescribeClusters(ctx, &redshift.DescribeClustersInput{
		ClusterIdentifier: id(resource),
	}))(t)
	out := observed{Window: aws.ToString(about.Clusters[0].PreferredMaintenanceWindow)}
	if out.Logging = aws.ToBool(log.LoggingEnabled); out.Logging { // the lab keeps the bucket of a log that is off
		out.Bucket, out.Prefix = aws.ToString(log.BucketName), aws.ToString(log.S3KeyPrefix)
	}
	return out
}

// resized are clusters that look as if they were being resized, which the lab does at once.
type resized struct{ all sync.Map }

func (r *resized) act(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
	r.all.Store(*id(resource), true)
}

func (r *resized) amend(_, output any) {
	if out, ok := output.(*redshift.DescribeClustersOutput); ok {
		for i, c := range out.Clusters {
			if _, ok := r.all.Load(aws.ToString(c.ClusterIdentifier)); ok {
				out.Clusters[i].ClusterStatus = aws.String("resizing")
			}
		}
	}
}

func TestAuditLog(t *testing.T) {
	c, root, slow := playbook.AuditLog()[0], playbooktest.Root(t), &resized{}
	params, err := c.Resolve(map[string]any{"bucketName": newBucket(t.Context(), t, root)})
	playbooktest.Done(t, err)
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Amended(playbooktest.World(t), slow.amend), Control: c, Params: params,
		Seed:    newCluster,
		Foreign: []string{clusters + "*", clusters + "a--b", clusters + "A", clusters + "a;b", clusters + "9"},
		Observe: observe,
		Disturb: logInto("elsewhere"),
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(redshift.NewFromConfig(root).ModifyCluster(ctx, &redshift.ModifyClusterInput{
				ClusterIdentifier: id(resource), PreferredMaintenanceWindow: aws.String("sun:05:00-sun:05:30"),
			}))(t)
		},
		DisturbFact: slow.act,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(redshift.NewFromConfig(root).DeleteCluster(ctx, &redshift.DeleteClusterInput{
				ClusterIdentifier: id(resource), SkipFinalClusterSnapshot: aws.Bool(true),
			}))(t)
		},
	})
}

// What the runbook refuses ends the run with the step and the reason, and the cluster logs nowhere. Where it went well
// and the log is off all the same, or goes elsewhere, nobody says that it is fixed as planned.
//
// better: Redshift.4 fails where the bucket would not take the logs
func TestRunbooksThatDoNotLog(t *testing.T) {
	c, root := playbook.AuditLog()[0], playbooktest.Root(t)
	good := newBucket(t.Context(), t, root)
	open := newBucket(t.Context(), t, root)
	playbooktest.Got(s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true }).DeleteBucketPolicy(t.Context(),
		&s3.DeleteBucketPolicyInput{Bucket: &open}))(t)
	for name, s := range map[string]struct {
		bucket, step string
		planned      playbooktest.Act                      // what somebody does between the plan and the start
		shows        *redshift.DescribeLoggingStatusOutput // in the place of the lab's answer, once the runbook is over
		left         int
	}{
		"a bucket that lets nobody write": {bucket: open, step: "Check", left: 3},
		"a bucket that is not there":      {bucket: "nowhere-" + strings.ToLower(rand.Text()), step: "Check", left: 3},
		"somebody was quicker":            {bucket: good, step: "Check", planned: logInto("elsewhere")},
		"not to be seen": {
			bucket: good, left: 3, shows: &redshift.DescribeLoggingStatusOutput{LoggingEnabled: aws.Bool(false)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			resource := newCluster(t.Context(), t, root)
			env := playbooktest.Env(t, c, resource, playbooktest.With(map[string]any{"bucketName": s.bucket}))
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			if s.planned != nil {
				s.planned(t.Context(), t, root, resource)
			}
			ended := playbooktest.Ended(t, nil, c, env, plan, ssmtypes.SignalTypeApprove)
			if ended.Failed != (s.step != "") || ended.Failed && ended.Step != s.step {
				t.Errorf("the runbook ended as %+v", ended)
			}
			if s.shows != nil {
				playbooktest.Answers(s.shows).AddTo(&env.Config)
			}
			seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
			if len(seen.Left) != s.left {
				t.Errorf("left is %v", seen.Left)
			}
			for _, ch := range seen.Changes {
				if s.left > 0 && ch.Moved() {
					t.Errorf("%s counts as made", ch)
				}
			}
		})
	}
}

// TestTheWayBackIsToldWhichLog: undo turns off the log that the fix turned on, whatever the parameter says by then.
func TestTheWayBackIsToldWhichLog(t *testing.T) {
	c, root := playbook.AuditLog()[0], playbooktest.Root(t)
	resource, bucket := newCluster(t.Context(), t, root), newBucket(t.Context(), t, root)
	changes := playbooktest.Fix(t, c, playbooktest.Env(t, c, resource,
		playbooktest.With(map[string]any{"bucketName": bucket, "prefix": "eu/sales/"})))
	env := playbooktest.Env(t, c, resource, playbooktest.With(map[string]any{"bucketName": "elsewhere"}))
	plan := playbooktest.Got(c.PlanUndo(t.Context(), env, changes))(t)
	if d := cmp.Diff([]string{bucket}, plan.Runbook.Parameters["BucketName"]); d != "" {
		t.Errorf("bucket (-want +got):\n%s", d)
	}
	playbooktest.Undo(t, c, env, changes)
	if now := observe(t.Context(), t, root, resource).(observed); now.Logging {
		t.Errorf("it logs into %s", now.Bucket)
	}
}

// AWS fails a cluster whose audit log is off, wherever it went before and whatever else the cluster publishes.
func TestLineOfAuditLogs(t *testing.T) {
	bucket := map[string]any{"bucketName": "logs"}
	type status = redshift.DescribeLoggingStatusOutput
	shape := func(log status, is string) playbooktest.StandIn {
		return playbooktest.Answers(&log, &redshift.DescribeClustersOutput{
			Clusters: []types.Cluster{{ClusterIdentifier: aws.String("sales"), ClusterStatus: &is}},
		})
	}
	on, off := status{LoggingEnabled: aws.Bool(true)}, status{LoggingEnabled: aws.Bool(false)}
	before := off
	before.BucketName, before.S3KeyPrefix = aws.String("old"), aws.String("x/")
	watched, failing, foreign := on, on, on
	watched.LogDestinationType, watched.LogExports = types.LogDestinationTypeCloudwatch, []string{"connectionlog"}
	failing.BucketName, failing.LastFailureMessage = aws.String("gone"), aws.String("no bucket")
	foreign.BucketName = aws.String("of-another-account")
	unknown := shape(off, "available")
	unknown["DescribeClusters"] = func(any) (any, error) { return &redshift.DescribeClustersOutput{}, nil }
	shapes := map[string]playbooktest.Shape{
		"off":         {Answers: shape(off, "available"), Params: bucket, Fails: true},
		"off, was on": {Answers: shape(before, "available"), Params: bucket, Fails: true},
		"off, nobody has chosen": {
			Answers: shape(off, "available"), Class: fault.Refused, Words: []string{"bucketName", "us-east-1"},
		},
		"on":                    {Answers: shape(on, "available"), Params: bucket},
		"on, nobody has chosen": {Answers: shape(foreign, "available")},
		"on, to CloudWatch":     {Answers: shape(watched, "available"), Params: bucket},
		"on, and nothing comes": {Answers: shape(failing, "available"), Params: bucket},
		"on, of a paused one":   {Answers: shape(on, "paused"), Params: bucket},
		"no word":               {Answers: shape(status{}, "available"), Params: bucket, Class: fault.Invalid},
		"no cluster":            {Answers: unknown, Params: bucket, Class: fault.Invalid},
	}
	for is, class := range map[string]fault.Class{
		"paused": fault.Refused, "storage-full": fault.Refused, "incompatible-network": fault.Refused,
		"hardware-failure": fault.Refused, "deleting": fault.Refused, "final-snapshot": fault.Refused,
		"resizing": fault.None, "available, prep-for-resize": fault.None, "modifying": fault.None, "": fault.None,
	} {
		shapes["off, "+is] = playbooktest.Shape{
			Answers: shape(off, is), Params: bucket, Class: class, Fails: class == fault.None,
		}
	}
	playbooktest.Judged(t, playbook.AuditLog()[0], clusters+"sales", shapes)
}

// TestClusterIdentifiers as AWS gives them.
func TestClusterIdentifiers(t *testing.T) {
	longest := "a" + strings.Repeat("-b", 31)
	playbooktest.Accepts(t, playbook.AuditLog()[0], map[string]string{
		clusters + "a": "a", clusters + "a-1": "a-1", clusters + longest: longest, clusters + "a-": "", clusters + "-a": "",
		"arn:aws:redshift:us-east-1:222222222222:snapshot:a/b": "",
	})
}

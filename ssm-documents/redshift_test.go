package ssmdocuments

import (
	"strings"
	"testing"
	"time"
)

const redshiftWrites = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
	"Principal":{"Service":"redshift.amazonaws.com"},"Action":["s3:PutObject","s3:GetBucketAcl"],
	"Resource":["arn:aws:s3:::shelf","arn:aws:s3:::shelf/*"]}]}`

// cluster makes a Redshift cluster, and a bucket with a policy.
func (w world) cluster(policy string) {
	w.Helper()
	w.do("redshift", "create_cluster", m{
		"ClusterIdentifier": "sales", "NodeType": "ra3.large", "MasterUsername": "root",
		"MasterUserPassword": "Not-a-secret-1",
	})
	w.block(closed)
	if policy != "" {
		w.do("s3", "put_bucket_policy", m{"Bucket": "shelf", "Policy": policy})
	}
}

// logging is the bucket that the cluster logs into, if it does.
func (w world) logging() string {
	w.Helper()
	told := w.do("redshift", "describe_logging_status", m{"ClusterIdentifier": "sales"})
	if text(told, "LoggingEnabled") != "true" {
		return ""
	}
	return text(told, "BucketName")
}

func clusterScenes() []scene {
	return []scene{{
		document: "Salve-LogCluster", name: "that does not log",
		make: func(w world) map[string][]string {
			w.cluster(redshiftWrites)
			return one("ClusterIdentifier", "sales", "BucketName", "shelf")
		},
		left: func(w world, _ map[string][]string) string {
			if now := w.logging(); now != "shelf" {
				return "it logs into " + now + "."
			}
			return ""
		},
	}, {
		document: "Salve-UnlogCluster", name: "that logs",
		make: func(w world) map[string][]string {
			w.cluster(redshiftWrites)
			w.do("redshift", "enable_logging", m{"ClusterIdentifier": "sales", "BucketName": "shelf"})
			return one("ClusterIdentifier", "sales", "BucketName", "shelf")
		},
		left: func(w world, _ map[string][]string) string { return w.logging() },
	}}
}

// TestABucketThatRedshiftCannotWriteTo: the cluster logs nowhere, as before.
func TestABucketThatRedshiftCannotWriteTo(t *testing.T) {
	d := document(t, "Salve-LogCluster")
	for name, c := range map[string]struct {
		policy string
		drop   string
		change func(w world)
		says   string
	}{
		"no policy": {"", "", nil, "NoSuchBucketPolicy"},
		"another's": {strings.Replace(redshiftWrites, "redshift.", "logging.", 1), "", nil, "does not let redshift"},
		"open": {redshiftWrites, "", func(w world) {
			w.do("s3", "put_public_access_block", m{"Bucket": "shelf", "PublicAccessBlockConfiguration": m{
				"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": false,
			}})
		}, "does not block public access"},
		"not allowed": {redshiftWrites, "redshift:EnableLogging", nil, "Enable Failed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cluster(c.policy)
			if c.change != nil {
				c.change(w)
			}
			e := w.until(w.start(d, without(d.Permissions, c.drop),
				one("ClusterIdentifier", "sales", "BucketName", "shelf")), ended)
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if now := w.logging(); now != "" {
				t.Errorf("it logs into %s", now)
			}
		})
	}
}

// TestALogIntoAnotherBucketStays.
func TestALogIntoAnotherBucketStays(t *testing.T) {
	w := newWorld(t)
	w.cluster(redshiftWrites)
	w.do("s3", "create_bucket", m{"Bucket": "other"})
	w.do("redshift", "enable_logging", m{"ClusterIdentifier": "sales", "BucketName": "other"})
	e := w.run(document(t, "Salve-UnlogCluster"), one("ClusterIdentifier", "sales", "BucketName", "shelf"))
	if text(e, "AutomationExecutionStatus") != "Failed" || w.logging() != "other" {
		t.Errorf("it logs into %s: %s", w.logging(), steps(e))
	}
}

// TestALogThatSomebodyTurnsOnMeanwhile is theirs: a cluster may be changed for hours before the runbook's turn comes.
func TestALogThatSomebodyTurnsOnMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		before   string // the bucket that the cluster logs into at first
	}{
		"turned on":   {"Salve-LogCluster", ""},
		"turned over": {"Salve-UnlogCluster", "shelf"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cluster(redshiftWrites)
			w.do("s3", "create_bucket", m{"Bucket": "other"})
			if c.before != "" {
				w.do("redshift", "enable_logging", m{"ClusterIdentifier": "sales", "BucketName": c.before})
			}
			w.do("redshift", "pause_cluster", m{"ClusterIdentifier": "sales"})
			d := document(t, c.document)
			id := w.start(d, d.Permissions, one("ClusterIdentifier", "sales", "BucketName", "shelf"))
			w.until(id, func(e any) bool { return ended(e) || text(e, "CurrentStepName") == "AwaitCluster" })
			w.do("redshift", "enable_logging", m{"ClusterIdentifier": "sales", "BucketName": "other"})
			w.do("redshift", "resume_cluster", m{"ClusterIdentifier": "sales"})
			w.advance(time.Minute)
			if e := w.until(id, ended); text(e, "AutomationExecutionStatus") != "Failed" || w.logging() != "other" {
				t.Errorf("it logs into %s: %s", w.logging(), steps(e))
			}
		})
	}
}

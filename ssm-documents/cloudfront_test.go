package ssmdocuments

import (
	"strings"
	"testing"
)

// distribution makes a distribution with an origin on each host.
func (w world) distribution(hosts ...string) string {
	w.Helper()
	var items []any
	for _, host := range hosts {
		items = append(items, m{"Id": host, "DomainName": host, "S3OriginConfig": m{"OriginAccessIdentity": ""}})
	}
	made := w.do("cloudfront", "create_distribution", m{"DistributionConfig": m{
		"CallerReference": "x", "Comment": "", "Enabled": true, "Origins": m{"Quantity": len(items), "Items": items},
		"DefaultCacheBehavior": m{
			"TargetOriginId": hosts[0], "ViewerProtocolPolicy": "https-only",
			"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
		},
	}})
	return text(made, "Distribution.Id")
}

// missing tells which of the buckets are not there and closed.
func (w world) missing(buckets ...string) string {
	w.Helper()
	var said []string
	for _, bucket := range buckets {
		if w.try("s3", "head_bucket", m{"Bucket": bucket}).Error != "" || w.blocked(bucket) != closed {
			said = append(said, bucket)
		}
	}
	return strings.Join(said, " ")
}

func originScenes() []scene {
	return []scene{{
		document: "Salve-RestoreOrigin", name: "two missing, one there",
		make: func(w world) map[string][]string {
			w.do("s3", "create_bucket", m{"Bucket": "there"})
			return one("DistributionId", w.distribution("gone-one.s3.amazonaws.com", "there.s3.amazonaws.com",
				"gone-two.s3.eu-west-1.amazonaws.com"))
		},
		left: func(w world, _ map[string][]string) string { return w.missing("gone-one", "gone-two") },
	}}
}

// TestNoOriginIsMissing: there is nothing to make, and the bucket that is there is not touched.
func TestNoOriginIsMissing(t *testing.T) {
	w := newWorld(t)
	w.do("s3", "create_bucket", m{"Bucket": "there"})
	e := w.run(document(t, "Salve-RestoreOrigin"), one("DistributionId",
		w.distribution("there.s3.amazonaws.com", "www.example.com")))
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "no origin") {
		t.Errorf("%s", steps(e))
	}
	if now := w.blocked("there"); now != "none" {
		t.Errorf("the bucket blocks %s", now)
	}
}

// TestABucketThatCannotBeClosed is removed again: an open one would be worse than none.
func TestABucketThatCannotBeClosed(t *testing.T) {
	w := newWorld(t)
	d := document(t, "Salve-RestoreOrigin")
	id := w.distribution("gone-one.s3.amazonaws.com")
	e := w.until(w.start(d, without(d.Permissions, "s3:PutBucketPublicAccessBlock"), one("DistributionId", id)), ended)
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "Make Failed") {
		t.Errorf("%s", steps(e))
	}
	if w.try("s3", "head_bucket", m{"Bucket": "gone-one"}).Error == "" {
		t.Error("an open bucket is there")
	}
}

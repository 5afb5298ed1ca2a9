package ssmdocuments

import (
	"strings"
	"testing"
)

// blocked is what a bucket blocks, as Salve-CloseBucket writes it.
func (w world) blocked(bucket string) string {
	w.Helper()
	out := w.try("s3", "get_public_access_block", m{"Bucket": bucket})
	if out.Error != "" {
		return "none"
	}
	var said []string
	for _, way := range []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
		said = append(said, way+"="+text(out.Answer, "PublicAccessBlockConfiguration."+way))
	}
	return strings.Join(said, ",")
}

const (
	closed   = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
	halfOpen = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false"
)

// block makes the bucket shelf, which blocks what is said.
func (w world) block(said string) {
	w.Helper()
	w.do("s3", "create_bucket", m{"Bucket": "shelf"})
	if said == "none" {
		return
	}
	ways := m{}
	for part := range strings.SplitSeq(said, ",") {
		way, value, _ := strings.Cut(part, "=")
		ways[way] = value == "true"
	}
	w.do("s3", "put_public_access_block", m{"Bucket": "shelf", "PublicAccessBlockConfiguration": ways})
}

func bucketScenes() []scene {
	var out []scene
	for name, before := range map[string]string{"that blocks nothing": "none", "that blocks half": halfOpen} {
		out = append(out, scene{
			document: "Salve-CloseBucket", name: name,
			make: func(w world) map[string][]string {
				w.block(before)
				return one("BucketName", "shelf")
			},
			left: func(w world, _ map[string][]string) string {
				if now := w.blocked("shelf"); now != closed {
					return "the bucket blocks " + now
				}
				return ""
			},
		}, scene{
			document: "Salve-ReopenBucket", name: name,
			make: func(w world) map[string][]string {
				w.block(closed)
				return one("BucketName", "shelf", "Before", before)
			},
			left: func(w world, _ map[string][]string) string {
				if now := w.blocked("shelf"); now != before {
					return "the bucket blocks " + now
				}
				return ""
			},
		})
	}
	return out
}

// TestClosingIsUndone: what Salve-CloseBucket puts out is what Salve-ReopenBucket takes.
func TestClosingIsUndone(t *testing.T) {
	for _, before := range []string{"none", halfOpen} {
		w := newWorld(t)
		w.block(before)
		e := w.run(document(t, "Salve-CloseBucket"), one("BucketName", "shelf"))
		said := output(e, "Remember.Before")
		if len(said) != 1 || said[0] != before || w.blocked("shelf") != closed {
			t.Fatalf("%s: before was %q; %s", before, said, steps(e))
		}
		w.do("iam", "delete_role_policy", m{"RoleName": "salve-closing", "PolicyName": "runbooks"})
		w.do("iam", "delete_role", m{"RoleName": "salve-closing"})
		e = w.run(document(t, "Salve-ReopenBucket"), map[string][]string{"BucketName": {"shelf"}, "Before": said})
		if w.blocked("shelf") != before {
			t.Errorf("the bucket blocks %s, not %s: %s", w.blocked("shelf"), before, steps(e))
		}
	}
}

// TestABucketThatIsGone: the runbook fails with S3's word for it and makes nothing.
func TestABucketThatIsGone(t *testing.T) {
	w := newWorld(t)
	e := w.run(document(t, "Salve-CloseBucket"), one("BucketName", "shelf"))
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "NoSuchBucket") {
		t.Errorf("%s", steps(e))
	}
	if w.try("s3", "head_bucket", m{"Bucket": "shelf"}).Error == "" {
		t.Error("there is a bucket now")
	}
}

// TestABucketThatSomebodyChangedSince is not reopened.
func TestABucketThatSomebodyChangedSince(t *testing.T) {
	w := newWorld(t)
	w.block(halfOpen)
	e := w.run(document(t, "Salve-ReopenBucket"), one("BucketName", "shelf", "Before", "none"))
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "somebody changed") {
		t.Errorf("%s", steps(e))
	}
	if now := w.blocked("shelf"); now != halfOpen {
		t.Errorf("the bucket blocks %s", now)
	}
}

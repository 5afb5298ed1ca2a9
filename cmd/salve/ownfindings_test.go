package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/playbooks"
)

const (
	crowdHub, crowdMember = "111111111111", "222222222222"
	crowdBucket           = "arn:aws:s3:::crowded"
)

// crowd is a Security Hub with one finding of its own on a bucket, and findings that the member has imported on it
// under its own product: one with the same Id, and a hundred and one that are newer.
func crowd(t *testing.T, at func(account, region string) aws.Config, forgedFirst bool) (own string) {
	t.Helper()
	now := time.Now()
	spec := labhub.FindingSpec{
		Control: "S3.8", Consolidated: true, Severity: "HIGH", Status: "FAILED", Account: crowdMember, Region: "us-east-1",
		Resource: crowdBucket, ResourceType: "AwsS3Bucket", At: now.Add(-time.Hour),
	}
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		t.Fatal(err)
	}
	send := func(account string, findings ...types.AwsSecurityFinding) {
		t.Helper()
		out, err := securityhub.NewFromConfig(at(account, "us-east-1")).BatchImportFindings(t.Context(),
			&securityhub.BatchImportFindingsInput{Findings: findings})
		if err != nil || aws.ToInt32(out.FailedCount) > 0 {
			t.Fatalf("import: %v %+v", err, out)
		}
	}
	forged := f
	forged.ProductArn = aws.String("arn:aws:securityhub:us-east-1:" + crowdMember + ":product/" + crowdMember + "/default")
	forged.UpdatedAt = aws.String(now.UTC().Format(time.RFC3339))
	if forgedFirst {
		send(crowdMember, forged)
	}
	send(crowdHub, f)
	if !forgedFirst {
		send(crowdMember, forged)
	}
	for i := range 101 {
		one := forged
		one.Id = aws.String(fmt.Sprintf("%s-%d", aws.ToString(f.Id), i))
		send(crowdMember, one)
	}
	return aws.ToString(f.Id)
}

// service is a Security Hub that takes calls as any account.
func service(t *testing.T) func(account, region string) aws.Config {
	t.Helper()
	sh := labhub.New(labhub.Options{Hub: crowdHub, Members: []string{crowdMember}})
	return func(account, region string) aws.Config {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set(labhub.HeaderAccount, account)
			r.Header.Set(labhub.HeaderRegion, region)
			r.Header.Set(labhub.HeaderPrincipal, "arn:aws:iam::"+account+":root")
			sh.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		return aws.Config{
			Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		}
	}
}

// TestStrangersTakeNoRoom: whatever a member imports on a resource, also under the Id of Security Hub's own finding,
// that one is what apply tells of its result and what stands first in a list.
func TestStrangersTakeNoRoom(t *testing.T) {
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, forgedFirst := range map[string]bool{"forged first": true, "forged last": false} {
		t.Run(name, func(t *testing.T) {
			at := service(t)
			own := crowd(t, at, forgedFirst)
			cfg := at(crowdHub, "us-east-1")
			h := hub{own: cfg, cfg: cfg}
			open, err := h.openFindings(t.Context(), work.Request{
				Control: "S3.8", Scope: "us-east-1", Target: control.Target{
					Account: crowdMember, Region: "us-east-1", Partition: "aws", Resource: crowdBucket,
				},
			}, standards)
			want := finding.Key{
				API: finding.ASFF, ID: own, ProductArn: finding.ControlProduct("us-east-1"), Account: crowdMember,
			}
			if err != nil || len(open) != 1 || open[0].Key != want {
				t.Errorf("open findings %+v, %v", open, err)
			}
			list := findingsList{Status: []string{"NEW"}, Limit: 3}
			found, more, err := h.listed(t.Context(), list.filters(), list.Limit)
			if err != nil || len(found) != 3 || !more {
				t.Fatalf("list %d, more %v, %v", len(found), more, err)
			}
			if product := aws.ToString(found[0].ProductArn); product != finding.ControlProduct("us-east-1") {
				t.Errorf("the first is of %s", product)
			}
			r := reportFinding(found[1], catalogue{standards: standards}, gate.Config{})
			if r.Product == finding.ControlProduct("us-east-1") {
				t.Errorf("the second is %+v", r)
			}
		})
	}
}

// TestRegionsOfAHub: global findings may come from any Region of the partition, and from the hub's own however new.
func TestRegionsOfAHub(t *testing.T) {
	for region, tc := range map[string]struct{ has, hasNot string }{
		"us-east-1":  {"eu-west-1", "cn-north-1"},
		"cn-north-1": {"cn-northwest-1", "us-east-1"},
		"xx-new-9":   {"xx-new-9", "cn-north-1"},
	} {
		got := map[string]bool{}
		for _, r := range (hub{cfg: aws.Config{Region: region}}).regions() {
			got[r] = true
		}
		if !got[region] || !got[tc.has] || got[tc.hasNot] {
			t.Errorf("%s: %v", region, got)
		}
	}
}

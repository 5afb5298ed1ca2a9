package securityhub_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// TestClickMeansSecurityHubsOwn: a click names an Id, which a member may have given to a finding of its own, too.
func TestClickMeansSecurityHubsOwn(t *testing.T) {
	for name, forgedFirst := range map[string]bool{"forged first": true, "forged last": false} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			arn := action(t, l.role(hubAccount), "Remediate")
			forge := func() {
				f := finding(t, l.spec(member, "a"))
				f.ProductArn = aws.String("arn:aws:securityhub:us-east-1:" + member + ":product/" + member + "/default")
				answer, err := l.role(member).BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{
					Findings: []types.AwsSecurityFinding{f},
				})
				if err != nil || *answer.SuccessCount != 1 {
					t.Fatalf("BatchImportFindings: %+v, %v", answer, err)
				}
			}
			if forgedFirst {
				forge()
			}
			stored := l.put(t, l.spec(member, "a"))
			if !forgedFirst {
				forge()
			}
			l.sent()
			if err := l.hub.Click(t.Context(), []string{*stored.Id}, arn); err != nil {
				t.Fatal(err)
			}
			for _, event := range l.sent() {
				if got := decodeDetail(t, event).Findings; len(got) != 1 || got[0]["ProductArn"] != *stored.ProductArn {
					t.Errorf("clicked on %v", got)
				}
			}
		})
	}
}

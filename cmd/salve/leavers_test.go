package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
)

// TestLeaveAHubHalfGone: a hub whose function is gone already, as a removal leaves it that did not come to its end, can
// be removed; members that would ask for what nobody can read are not made. A stand-in answers: no emulator keeps half
// a stack.
func TestLeaveAHubHalfGone(t *testing.T) {
	for _, status := range []string{"DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/functions/") {
				w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
				w.WriteHeader(http.StatusNotFound)
				_, _ = fmt.Fprint(w, `{"Message":"Function not found"}`)
				return
			}
			_, _ = fmt.Fprintf(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>`+
				`<StackName>salve-hub</StackName><StackStatus>%s</StackStatus></member></Stacks></DescribeStacksResult>`+
				`</DescribeStacksResponse>`, status)
		}))
		t.Cleanup(server.Close)
		d := &deployer{
			a: &app{ctx: t.Context()}, place: rollout.Place{Partition: "aws", Account: "111111111111", Region: "eu-central-1"},
			hub: hub{own: aws.Config{
				Region: "eu-central-1", BaseEndpoint: &server.URL,
				Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
			}},
		}
		m, err := d.leavers(memberFlags{Account: []string{"222222222222"}})
		if err != nil || len(m.Accounts) != 2 || string(m.Hub.Status) != status {
			t.Errorf("%s: %v, %v", status, m.Accounts, err)
		}
		if _, err = d.members(memberFlags{}, nil); fault.Of(err) != fault.Refused ||
			!strings.Contains(err.Error(), "salve deploy hub first") {
			t.Errorf("%s: members are made: %v", status, err)
		}
	}
}

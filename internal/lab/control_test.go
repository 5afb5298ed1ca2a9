package lab

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
)

// control makes a request to the lab's own API.
func control(t *testing.T, l *Lab, method, path, body string, header ...string) (int, string) {
	t.Helper()
	request := got[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, l.Endpoint()+path,
		strings.NewReader(body)))
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
	}
	answer := got[*http.Response](t)(http.DefaultClient.Do(request))
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode, string(got[[]byte](t)(io.ReadAll(answer.Body)))
}

func TestControlAPI(t *testing.T) {
	l := fresh(t)
	for name, tc := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		want               string
	}{
		"status":            {"GET", "/_lab/status", "", nil, 200, l.OrgID()},
		"fault":             {"POST", "/_lab/faults", `{"service":"none","error":"500"}`, nil, 204, ""},
		"wrong fault":       {"POST", "/_lab/faults", `{"error":"boom"}`, nil, 400, "choose throttle"},
		"misspelt fault":    {"POST", "/_lab/faults", `{"svc":"s3","error":"500"}`, nil, 400, "svc"},
		"clear faults":      {"DELETE", "/_lab/faults", "", nil, 204, ""},
		"clear calls":       {"DELETE", "/_lab/calls", "", nil, 204, ""},
		"click on nothing":  {"POST", "/_lab/click", `{}`, nil, 404, "ResourceNotFound"},
		"no such path":      {"GET", "/_lab/nothing", "", nil, 404, "no GET"},
		"page in a browser": {"POST", "/_lab/reset", "", []string{"Origin", "http://evil.example"}, 403, ""},
		"rebound name":      {"POST", "/_lab/reset", "", []string{"Host", "evil.example"}, 403, ""},
		"reset past us":     {"POST", "/_ministack/reset", "", nil, 403, "/_lab/reset"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := control(t, l, tc.method, tc.path, tc.body, tc.header...)
			if status != tc.status || !strings.Contains(body, tc.want) {
				t.Errorf("got %d %s, want %d with %q", status, body, tc.status, tc.want)
			}
		})
	}
}

func TestResetForgetsEverything(t *testing.T) {
	l := fresh(t)
	must(t, l.Inject(Fault{Error: Fault500, After: 100}))
	_, err := l.S3(memberOne).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("one")})
	must(t, err)
	if status, body := control(t, l, "POST", "/_lab/reset", ""); status != http.StatusNoContent {
		t.Fatalf("got %d: %s", status, body)
	}
	if status := l.Status(); status.Calls != 0 || len(status.Faults) != 0 || status.OrgID == "" {
		t.Errorf("after the reset: %+v", status)
	}
	buckets := got[*s3.ListBucketsOutput](t)(l.S3(memberOne).ListBuckets(t.Context(), nil))
	if len(buckets.Buckets) != 0 {
		t.Errorf("buckets outlive the reset: %+v", buckets.Buckets)
	}
}

func TestMotoIsRenewed(t *testing.T) {
	l := fresh(t)
	before := l.Processes()[1]
	l.resets = motoResets - 1
	must(t, l.Reset(t.Context()))
	if after := l.Processes()[1]; after == before || alive(before) {
		t.Errorf("moto was process %d and is %d", before, after)
	}
	got[*s3.ListBucketsOutput](t)(l.S3(memberOne).ListBuckets(t.Context(), nil))
}

func TestJournalSaysWhoDidWhat(t *testing.T) {
	l := fresh(t)
	limited := role(t, l, memberOne, allow("*", "s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"), "")
	l.ClearCalls()
	client := s3control.NewFromConfig(limited)
	for range 2 {
		_, err := client.GetPublicAccessBlock(t.Context(), &s3control.GetPublicAccessBlockInput{
			AccountId: aws.String(memberOne),
		})
		if code(err) != "NoSuchPublicAccessBlockConfiguration" {
			t.Fatal(err)
		}
	}
	_, err := client.DeletePublicAccessBlock(t.Context(), &s3control.DeletePublicAccessBlockInput{
		AccountId: aws.String(memberOne),
	})
	must(t, err)
	first := l.Calls(0)[0].Seq
	status, body := control(t, l, "GET", "/_lab/calls?since="+itoa(first), "")
	var have struct{ Calls []Entry }
	must(t, json.Unmarshal([]byte(body), &have))
	if status != http.StatusOK || len(have.Calls) != 2 {
		t.Fatalf("got %d: %s, want the last two calls", status, body)
	}
	last := have.Calls[1]
	if last.Account != memberOne || !strings.HasSuffix(last.Principal, ":assumed-role/tester/run-1") ||
		last.Service != "s3" || last.Operation != "DeletePublicAccessBlock" ||
		last.Action != "s3:PutAccountPublicAccessBlock" || !last.Write || have.Calls[0].Write {
		t.Errorf("journal: %+v", have.Calls)
	}
}

func TestClientsCannotSpeakForTheLab(t *testing.T) {
	l := fresh(t)
	signature := "AWS4-HMAC-SHA256 Credential=" + memberOne + "/20260101/us-east-1/securityhub/aws4_request, " +
		"SignedHeaders=host, Signature=x"
	status, body := control(t, l, "POST", "/findings", "{}", "Authorization", signature, "X-Lab-Account", l.Hub(),
		"X-Lab-Token", "guess", "X-Moto-Account-Id", l.Hub())
	calls := l.Calls(0)
	if status != http.StatusOK || len(calls) != 1 || calls[0].Account != memberOne {
		t.Errorf("got %d %s, %+v; want a call of %s", status, body, calls, memberOne)
	}
}

package securityhub_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

// send makes a plain request, as no SDK would; an empty account sends no caller.
func (l *lab) send(t *testing.T, account, method, path, body string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, l.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{}
	if account != "" {
		client.Transport = as{account, home, "arn:aws:iam::" + account + ":root"}
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("X-Amzn-ErrorType") + string(data)
}

func TestRequestErrors(t *testing.T) {
	l := newLab(t)
	cases := map[string]struct {
		account, method, path, body string
		status                      int
		code                        string
	}{
		"no caller":         {"", "POST", "/findings", "{}", 403, "AccessDeniedException"},
		"no Security Hub":   {stranger, "POST", "/findings", "{}", 401, "InvalidAccessException"},
		"unknown operation": {hubAccount, "GET", "/insights", "", 404, "UnknownOperationException"},
		"unknown method":    {hubAccount, "PUT", "/findings", "", 404, "UnknownOperationException"},
		"no JSON":           {hubAccount, "POST", "/findings", "{", 400, "InvalidInputException"},
		"two values":        {hubAccount, "POST", "/findings", "{}{}", 400, "InvalidInputException"},
		"wrong type":        {hubAccount, "POST", "/findings/import", `{"Findings": "x"}`, 400, "InvalidInputException"},
		"filter type":       {hubAccount, "POST", "/findings", `{"Filters": {"Id": 1}}`, 400, "InvalidInputException"},
		"unknown filter":    {hubAccount, "POST", "/findings", `{"Filters": {"X": []}}`, 400, "InvalidInputException"},
		"unknown update": {
			hubAccount, "PATCH", "/findings/batchupdate",
			`{"FindingIdentifiers": [{"Id": "x"}], "RecordState": "ARCHIVED"}`, 400, "InvalidInputException",
		},
		"unknown note field": {
			hubAccount, "PATCH", "/findings/batchupdate",
			`{"FindingIdentifiers": [{"Id": "x"}], "Note": {"Text": "t", "UpdatedBy": "u", "UpdatedAt": "now"}}`,
			400, "InvalidInputException",
		},
		"too large": {hubAccount, "POST", "/findings/import", strings.Repeat(" ", 6<<20+1), 400, "InvalidInputException"},
		"no body":   {hubAccount, "POST", "/findings", "", 200, ""},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			status, answer := l.send(t, test.account, test.method, test.path, test.body)
			if status != test.status || !strings.HasPrefix(answer, test.code) {
				t.Errorf("%d %s, want %d %s", status, answer, test.status, test.code)
			}
		})
	}
}

func TestEnableAndDescribe(t *testing.T) {
	l := newLab(t)
	_, err := l.root(member).EnableSecurityHub(t.Context(), &sdk.EnableSecurityHubInput{})
	if code(err) != "ResourceConflictException" {
		t.Errorf("member enables again: %v, want ResourceConflictException", err)
	}
	client := l.root(stranger)
	if _, err := client.DescribeHub(t.Context(), &sdk.DescribeHubInput{}); code(err) != "InvalidAccessException" {
		t.Errorf("not enabled: %v, want InvalidAccessException", err)
	}
	if _, err := client.EnableSecurityHub(t.Context(), &sdk.EnableSecurityHubInput{}); err != nil {
		t.Fatalf("EnableSecurityHub: %v", err)
	}
	answer, err := client.DescribeHub(t.Context(), &sdk.DescribeHubInput{})
	if err != nil {
		t.Fatalf("DescribeHub: %v", err)
	}
	if want := "arn:aws:securityhub:us-east-1:" + stranger + ":hub/default"; *answer.HubArn != want {
		t.Errorf("hub %s, want %s", *answer.HubArn, want)
	}
	foreign := "arn:aws:securityhub:us-east-1:" + hubAccount + ":hub/default"
	_, err = client.DescribeHub(t.Context(), &sdk.DescribeHubInput{HubArn: &foreign})
	if code(err) != "ResourceNotFoundException" {
		t.Errorf("foreign hub: %v, want ResourceNotFoundException", err)
	}
}

// TestStandaloneAccount: an account outside the organisation is its own administrator.
func TestStandaloneAccount(t *testing.T) {
	l := newLab(t)
	client := l.root(stranger)
	if _, err := client.EnableSecurityHub(t.Context(), &sdk.EnableSecurityHubInput{}); err != nil {
		t.Fatal(err)
	}
	own := finding(t, l.spec(stranger, "logs"))
	answer, err := client.BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{
		Findings: []types.AwsSecurityFinding{own},
	})
	if err != nil || *answer.SuccessCount != 1 {
		t.Fatalf("BatchImportFindings: %+v, %v", answer, err)
	}
	if events := l.sent(); len(events) != 1 || events[0].Account != stranger {
		t.Errorf("events %+v, want one for the account itself", events)
	}
	listed, err := l.root(hubAccount).GetFindings(t.Context(), &sdk.GetFindingsInput{})
	if err != nil || len(listed.Findings) != 0 {
		t.Errorf("the hub sees %d findings, %v, want none", len(listed.Findings), err)
	}
}

func TestReset(t *testing.T) {
	l := newLab(t)
	l.put(t, l.spec(member, "logs"))
	action(t, l.role(hubAccount), "Remediate")
	l.hub.Reset()
	findings, err := l.role(hubAccount).GetFindings(t.Context(), &sdk.GetFindingsInput{})
	if err != nil || len(findings.Findings) != 0 {
		t.Errorf("%d findings, %v, want none", len(findings.Findings), err)
	}
	actions, err := l.role(hubAccount).DescribeActionTargets(t.Context(), &sdk.DescribeActionTargetsInput{})
	if err != nil || len(actions.ActionTargets) != 0 {
		t.Errorf("%d action targets, %v, want none", len(actions.ActionTargets), err)
	}
}

// TestConcurrentUse is for the race detector; the count of events shows that no change was lost.
func TestConcurrentUse(t *testing.T) {
	l := newLab(t)
	stored := l.put(t, l.spec(member, "logs"))
	l.sent()
	const workers = 8
	var group sync.WaitGroup
	for index := range workers {
		group.Go(func() {
			update(t, l.role(hubAccount), &sdk.BatchUpdateFindingsInput{
				FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(stored)}, Note: note(fmt.Sprint(index)),
			})
			l.get(t, *stored.Id)
			l.put(t, l.spec(member, fmt.Sprint("bucket-", index)))
		})
	}
	group.Wait()
	if events := l.sent(); len(events) != 2*workers {
		t.Errorf("%d events, want %d", len(events), 2*workers)
	}
}

func TestNewWithoutSurroundings(t *testing.T) {
	hub := securityhub.New(securityhub.Options{Hub: hubAccount})
	if err := hub.Click(t.Context(), []string{"x"}, "arn:aws:securityhub:us-east-1:1:action/custom/X"); err == nil {
		t.Error("no error for an unknown action")
	}
}

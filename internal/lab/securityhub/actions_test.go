package securityhub_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

// action creates a custom action and returns its ARN.
func action(t *testing.T, client *sdk.Client, id string) string {
	t.Helper()
	answer, err := client.CreateActionTarget(t.Context(), &sdk.CreateActionTargetInput{
		Id: aws.String(id), Name: aws.String("Remediate"), Description: aws.String("Fix it"),
	})
	if err != nil {
		t.Fatalf("CreateActionTarget: %v", err)
	}
	return *answer.ActionTargetArn
}

func TestActionTargetLife(t *testing.T) {
	l := newLab(t)
	client := l.role(hubAccount)
	arn := action(t, client, "SalveRemediate")
	if want := "arn:aws:securityhub:us-east-1:111111111111:action/custom/SalveRemediate"; arn != want {
		t.Errorf("ARN %s, want %s", arn, want)
	}
	if _, err := client.UpdateActionTarget(t.Context(), &sdk.UpdateActionTargetInput{
		ActionTargetArn: &arn, Name: aws.String("Other"),
	}); err != nil {
		t.Fatalf("UpdateActionTarget: %v", err)
	}
	listed, err := client.DescribeActionTargets(t.Context(), &sdk.DescribeActionTargetsInput{
		ActionTargetArns: []string{arn},
	})
	if err != nil {
		t.Fatalf("DescribeActionTargets: %v", err)
	}
	have := []string{*listed.ActionTargets[0].Name, *listed.ActionTargets[0].Description}
	if diff := cmp.Diff([]string{"Other", "Fix it"}, have); diff != "" {
		t.Error(diff)
	}
	deleted, err := client.DeleteActionTarget(t.Context(), &sdk.DeleteActionTargetInput{ActionTargetArn: &arn})
	if err != nil || *deleted.ActionTargetArn != arn {
		t.Fatalf("DeleteActionTarget: %+v, %v", deleted, err)
	}
	_, err = client.DeleteActionTarget(t.Context(), &sdk.DeleteActionTargetInput{ActionTargetArn: &arn})
	if code(err) != "ResourceNotFoundException" {
		t.Errorf("second delete: %v, want ResourceNotFoundException", err)
	}
}

func TestActionTargetErrors(t *testing.T) {
	l := newLab(t)
	client := l.role(hubAccount)
	arn := action(t, client, "Known")
	create := func(id, name, description string) error {
		_, err := client.CreateActionTarget(t.Context(), &sdk.CreateActionTargetInput{
			Id: &id, Name: &name, Description: &description,
		})
		return err
	}
	describe := func(client *sdk.Client, input sdk.DescribeActionTargetsInput) error {
		_, err := client.DescribeActionTargets(t.Context(), &input)
		return err
	}
	change := func(client *sdk.Client, arn, name string) error {
		_, err := client.UpdateActionTarget(t.Context(), &sdk.UpdateActionTargetInput{ActionTargetArn: &arn, Name: &name})
		return err
	}
	none := sdk.DescribeActionTargetsInput{MaxResults: aws.Int32(0)}
	named := sdk.DescribeActionTargetsInput{ActionTargetArns: []string{arn}}
	cases := map[string]struct {
		err  error
		want string
	}{
		"id too long":         {create(strings.Repeat("x", 21), "n", "d"), "InvalidInputException"},
		"id with a dash":      {create("a-b", "n", "d"), "InvalidInputException"},
		"name too long":       {create("a", strings.Repeat("x", 21), "d"), "InvalidInputException"},
		"no description":      {create("a", "n", " "), "InvalidInputException"},
		"exists":              {create("Known", "n", "d"), "ResourceConflictException"},
		"page size":           {describe(client, none), "InvalidInputException"},
		"of another account":  {describe(l.role(member), named), "ResourceNotFoundException"},
		"update to long name": {change(client, arn, strings.Repeat("x", 21)), "InvalidInputException"},
		"update of another":   {change(l.role(member), arn, "n"), "ResourceNotFoundException"},
		"update of unknown":   {change(client, arn+"x", "n"), "ResourceNotFoundException"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if code(test.err) != test.want {
				t.Errorf("error %v, want %s", test.err, test.want)
			}
		})
	}
}

func TestActionTargetPagesAndLimit(t *testing.T) {
	l := newLab(t)
	client := l.role(hubAccount)
	for index := range 50 {
		action(t, client, fmt.Sprintf("Action%02d", index))
	}
	_, err := client.CreateActionTarget(t.Context(), &sdk.CreateActionTargetInput{
		Id: aws.String("More"), Name: aws.String("n"), Description: aws.String("d"),
	})
	if code(err) != "LimitExceededException" {
		t.Errorf("51st action: %v, want LimitExceededException", err)
	}
	pages := sdk.NewDescribeActionTargetsPaginator(client, &sdk.DescribeActionTargetsInput{MaxResults: aws.Int32(20)})
	var sizes []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.ActionTargets))
	}
	if diff := cmp.Diff([]int{20, 20, 10}, sizes); diff != "" {
		t.Error(diff)
	}
}

func TestClickSendsOneEventForEachFinding(t *testing.T) {
	l := newLab(t)
	arn := action(t, l.role(hubAccount), "Remediate")
	first, second := l.put(t, l.spec(member, "a")), l.put(t, l.spec(other, "b"))
	l.sent()
	if err := l.hub.Click(t.Context(), []string{*first.Id, *second.Id}, arn); err != nil {
		t.Fatalf("Click: %v", err)
	}
	events := l.sent()
	if len(events) != 2 {
		t.Fatalf("%d events, want 2", len(events))
	}
	for index, id := range []string{*first.Id, *second.Id} {
		event := events[index]
		if event.Account != hubAccount || event.Region != home || event.DetailType != securityhub.DetailCustomAction {
			t.Errorf("envelope %+v", event)
		}
		if diff := cmp.Diff([]string{arn}, event.Resources); diff != "" {
			t.Error(diff)
		}
		parsed := decodeDetail(t, event)
		if parsed.ActionName != "Remediate" || len(parsed.Findings) != 1 || parsed.Findings[0]["Id"] != id {
			t.Errorf("detail %+v, want %s", parsed, id)
		}
	}
}

func TestClickErrors(t *testing.T) {
	l := newLab(t)
	arn, theirs := action(t, l.role(hubAccount), "Remediate"), action(t, l.role(member), "Own")
	stored := l.put(t, l.spec(other, "a"))
	l.sent()
	cases := map[string]struct {
		ids []string
		arn string
	}{
		"nothing selected":   {nil, arn},
		"too many":           {make([]string, 21), arn},
		"no ARN":             {[]string{*stored.Id}, "Remediate"},
		"unknown action":     {[]string{*stored.Id}, arn + "x"},
		"unknown finding":    {[]string{*stored.Id, "unknown"}, arn},
		"finding of another": {[]string{*stored.Id}, theirs},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if err := l.hub.Click(t.Context(), test.ids, test.arn); err == nil {
				t.Error("no error")
			}
			if events := l.sent(); len(events) != 0 {
				t.Errorf("%d events, want none", len(events))
			}
		})
	}
	l.broken = errors.New("bus is down")
	if err := l.hub.Click(t.Context(), []string{*stored.Id}, arn); !errors.Is(err, l.broken) {
		t.Errorf("error %v, want %v", err, l.broken)
	}
}

func TestClickOverHTTP(t *testing.T) {
	l := newLab(t)
	arn := action(t, l.role(hubAccount), "Remediate")
	stored := l.put(t, l.spec(member, "a"))
	l.sent()
	body := fmt.Sprintf(`{"FindingIds": [%q], "ActionTargetArn": %q}`, *stored.Id, arn)
	for account, want := range map[string]int{hubAccount: http.StatusOK, member: http.StatusNotFound} {
		status, answer := l.send(t, account, http.MethodPost, "/_lab/click", body)
		if status != want {
			t.Errorf("%s: %d %s, want %d", account, status, answer, want)
		}
	}
	if events := l.sent(); len(events) != 1 {
		t.Errorf("%d events, want 1", len(events))
	}
}

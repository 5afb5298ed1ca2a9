package iam_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// The lab cannot make anything old, and it never sees a key or a password used. So AWS's answers are made up here.

const eve = userPrefix + "eve"

func noon() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// Instead of days: what never happened, and a key that is gone when it is asked about.
const never, vanished = -1, -2

// ago is a day before noon; nil for never.
func ago(days int) *time.Time {
	if days < 0 {
		return nil
	}
	return aws.Time(noon().AddDate(0, 0, -days))
}

// date is a day before noon as reports and plans write it.
func date(days int) string { return ago(days).Format(time.RFC3339) }

// ages are days since something happened, and what AWS says of the account.
type ages struct {
	keyMade, keyUsed, passwordSet, passwordUsed int
	report                                      string // "" is one that knows no change of the password
	state                                       types.ReportStateType
}

func key(made, used int) ages { return ages{keyMade: made, keyUsed: used, passwordSet: never} }

func password(set, used int) ages {
	return ages{keyMade: never, passwordSet: set, passwordUsed: used}
}

// reported is a password of long ago, last used long ago, with a report of the account.
func reported(report string) ages {
	a := password(900, 300)
	a.report = report
	return a
}

// report is that of an account with one user.
func report(arn, passwordChanged string) string {
	return "user,arn,password_last_used,password_last_changed\n" +
		"<root_account>,arn:aws:iam::222222222222:root,not_supported,not_supported\n" +
		"eve," + arn + ",no_information," + passwordChanged + "\n"
}

func (a ages) answers() playbooktest.StandIn {
	keys := []types.AccessKeyMetadata{{
		AccessKeyId: aws.String("AKIAEVE"), Status: types.StatusTypeActive, CreateDate: ago(a.keyMade),
	}}
	if a.keyMade == never {
		keys = nil
	}
	answers := playbooktest.Answers(
		&iam.GetUserOutput{User: &types.User{PasswordLastUsed: ago(a.passwordUsed)}},
		&iam.ListAccessKeysOutput{AccessKeyMetadata: keys},
		&iam.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &types.AccessKeyLastUsed{LastUsedDate: ago(a.keyUsed)}},
		&iam.GetLoginProfileOutput{LoginProfile: &types.LoginProfile{CreateDate: ago(a.passwordSet)}},
		&iam.GenerateCredentialReportOutput{State: cmp.Or(a.state, types.ReportStateTypeComplete)},
		&iam.GetCredentialReportOutput{Content: []byte(cmp.Or(a.report, report(eve, "N/A")))},
	)
	if a.passwordSet == never {
		answers["GetLoginProfile"] = gone
	}
	if a.keyUsed == vanished {
		answers["GetAccessKeyLastUsed"] = gone
	}
	return answers
}

func gone(any) (any, error) { return nil, &types.NoSuchEntityException{} }

// What cannot be told is never taken for unused. AWS takes a password for unused since the last sign-in, even one that
// was set anew since: we delete no such password, and do not say that all is well either. The report is about all users
// of the account: it is read where it decides, and nowhere else. And a key that somebody deletes while we look is no
// reason to call the user gone, which would close the finding.
//
// better: IAM.8 counts when a password or key was made, not only when it was used
func TestWhatIsUnused(t *testing.T) {
	const inactive = "  ~ Keys.AKIAEVE.Active: true → false\n"
	deleted := func(active, used int) string {
		seen := `{"LastActive":"` + date(active) + `"}`
		if used != never {
			seen = `{"LastActive":"` + date(active) + `","LastUsed":"` + date(used) + `"}`
		}
		return "  - Console " + seen + " (one way: a deleted password cannot be restored, only a new one set)\n"
	}
	started, nameless := types.ReportStateTypeStarted, strings.Replace(report(eve, "N/A"), "password_", "", 2)
	for name, tc := range map[string]struct {
		ages  ages
		class fault.Class
		want  string
	}{
		"key used 90 days ago":          {key(400, 90), "", inactive},
		"old key, never used":           {key(90, never), "", inactive},
		"key vanishes":                  {key(400, vanished), fault.Retry, ""},
		"password unused":               {password(900, 120), "", deleted(120, 120)},
		"old password, never used":      {password(90, never), "", deleted(90, never)},
		"new password, never used":      {password(5, never), "", ""},
		"password used 89 days ago":     {password(900, 89), "", ""},
		"password used 90 days ago":     {password(900, 90), "", deleted(90, 90)},
		"first password of an old user": {password(5, 300), fault.Refused, ""},
		"both unused":                   {ages{400, 200, 900, 300, "", ""}, "", deleted(300, 300) + inactive},
		"key in use, password unused":   {ages{400, 2, 900, 300, "", ""}, "", deleted(300, 300)},

		"password reset a week ago, used long ago": {reported(report(eve, date(7))), fault.Refused, ""},
		"password reset a week ago, never used": {
			ages{never, 0, 900, never, report(eve, date(7)), ""}, "", "",
		},
		"password reset a week ago, unused key": {
			ages{400, 200, 900, 300, report(eve, date(7)), ""}, fault.Refused, "",
		},
		"password reset long ago, used longer ago": {reported(report(eve, date(100))), "", deleted(100, 300)},
		"another user's reset does not count": {reported(report(userPrefix+"other/eve", date(1)) +
			"eve," + eve + ",no_information,N/A\n"), "", deleted(300, 300)},

		"report not ready":    {ages{never, 0, 900, 300, "", types.ReportStateTypeInprogress}, fault.Retry, ""},
		"report just started": {ages{never, 0, 900, 300, "", started}, fault.Retry, ""},
		"not in the report":   {reported(report(userPrefix+"adam", "N/A")), fault.Retry, ""},
		"no column":           {reported(nameless), fault.Unknown, ""},
		"bad date":            {reported(report(eve, "yesterday")), fault.Unknown, ""},
		"empty report":        {reported("\n"), fault.Unknown, ""},
		"no CSV":              {reported("a,\"b"), fault.Unknown, ""},

		"no report without a password":         {ages{400, 200, never, 0, "", started}, "", inactive},
		"no report while a password is in use": {ages{never, 0, 900, 3, "", started}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := playbooktest.Pick(t, playbook.UnusedCredentials(), "IAM.8")
			env := playbooktest.Env(t, c, eve, playbooktest.Unplugged(), playbooktest.At(noon()), tc.ages.answers())
			plan, err := c.Plan(t.Context(), env)
			playbooktest.Fails(t, err, tc.class)
			if plan.String() != tc.want {
				t.Errorf("plan:\n%swant:\n%s", plan, tc.want)
			}
		})
	}
}

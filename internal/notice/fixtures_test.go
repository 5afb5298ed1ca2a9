package notice_test

import (
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/notice"
)

const (
	bucket  = "arn:aws:s3:::logs-eu"
	finding = "arn:aws:securityhub:eu-west-1:222222222222:security-control/S3.8/finding/0a1b"
)

func at() time.Time { return time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC) }

// about returns a full notice of the kind about one bucket.
func about(kind notice.Kind) notice.Notice {
	return notice.Notice{
		Kind: kind, Control: "S3.8", Title: "General purpose buckets should block public access", Severity: "HIGH",
		Account: "222222222222", Region: "eu-west-1", Resource: bucket,
		AccountName: "payments-prod", Said: "The bucket lets anybody on the internet read it.",
		Rule: "mode auto, Salve acts by itself: set by controls.S3.8 of the configuration", Written: true,
		Changes: []notice.Change{
			{Path: "BlockPublicAcls", Move: "~ BlockPublicAcls: false → true", Was: false, Is: true},
			{Path: "BlockPublicPolicy", Move: "~ BlockPublicPolicy: false → true", Was: false, Is: true},
		},
		Effect: "Readers without credentials lose access.", Impact: control.ImpactInterrupts, Who: "Salve by itself",
		Actor: "Security Hub", When: at(), Contact: "security@example.org", Docs: "https://wiki.example.org/salve",
		RunID: "01JD7K2W", Undo: "salve undo 01JD7K2W --yes", Finding: finding,
	}
}

// story is one notice of each kind. How those of real runs read stands in internal/engine/labtest/testdata/notices.
func story() map[string]notice.Notice {
	failed, denied, refused := about(notice.Failed), about(notice.Denied), about(notice.Refused)
	failed.Why, failed.Left = "S3 PutPublicAccessBlock failed: OperationAborted.", "Nothing was changed."
	failed.Undo, denied.Undo = "", ""
	denied.Why = "S3 PutPublicAccessBlock was denied: an explicit deny in a service control policy (SCP)."
	denied.ToDo = "Ask the owner of the policy."
	refused.Why, refused.Changes, refused.Undo = "The account is not in the scope of S3.8.", nil, ""
	refused.ToDo = "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-8"
	approve, undone, unverified := about(notice.NeedsApprove), about(notice.Undone), about(notice.Unverified)
	approve.Undo, approve.Approvers, approve.Until = "", "members of security-approvers", at().Add(24*time.Hour)
	for _, sid := range []string{"Everybody", "Somebody"} {
		approve.Changes = append(approve.Changes, notice.Change{
			Path: "Policy." + sid, Move: "- Policy." + sid, Was: map[string]any{"Effect": "Allow"},
			Lasting: "one way: Salve may not grant access",
		})
	}
	approve.ToDo = "salve apply S3.8 arn:aws:s3:::logs-eu --account 222222222222 --yes"
	undone.Changes = []notice.Change{
		{Path: "BlockPublicAcls", Move: "~ BlockPublicAcls: true → false", Was: true, Is: false},
	}
	undone.Undo, undone.Who, undone.Until = "", "ann@example.org", at().Add(7*24*time.Hour)
	part := undone
	part.Kind, part.Why = notice.UndoneInPart, "EC2 AuthorizeSecurityGroupIngress failed: InvalidGroup.NotFound."
	part.Left, part.ToDo = "It put back 3 of 4 changes, not put back: in all from sg-1.", "salve show 01JD7K2W"
	unverified.Why, unverified.ToDo = "The next read still showed the old value.", "salve verify 01JD7K2W"
	unproven := about(notice.Unproven)
	unproven.Undo, unproven.Why = "", "Runbook Acme-Close ended as Success, and nothing of Salve's can read what it did."
	return map[string]notice.Notice{
		"unproven": unproven, "fixed": about(notice.Fixed), "planned": about(notice.Planned), "failed": failed,
		"denied": denied, "refused": refused, "needs_approval": approve, "undone": undone,
		"undone_in_part": part, "unverified": unverified,
		"digest": digest(), "many_denied": manyDenied(denied), "reverted": about(notice.Reverted),
		"disputed": about(notice.Disputed), "gone": about(notice.Gone),
		"stopped": {
			Kind: notice.Stopped, Control: "S3.8", Title: "General purpose buckets should block public access",
			Severity: "HIGH", When: at(), Until: at().Add(24 * time.Hour), Who: "Salve",
			Why:  "5 runs ended without a fix within an hour: 3 failed, 2 denied.",
			ToDo: "salve history --control S3.8 --since 24h", Undo: "salve resume S3.8",
		},
		"cooling": {
			Kind: notice.Cooling, Control: "S3.8", Title: "General purpose buckets should block public access",
			Severity: "HIGH", Account: "222222222222", Region: "eu-west-1", Resource: "arn:aws:s3:::logs-eu", When: at(),
			Until: at().Add(50 * time.Minute), Who: "Security Hub", RunID: "01JD7K2W",
			Why:  "Salve has worked on this 4 times within an hour, and lets it rest. Its finding is reported again and again.",
			ToDo: "salve history --account 222222222222 --since 24h",
		},
		"limited": {
			Kind: notice.Limited, Account: "222222222222", When: at(),
			Why:  "Account 222222222222 has had its share of runs, and waits for its turn. No finding is lost.",
			ToDo: "salve history --account 222222222222 --since 1h",
		},
		"exception_ends": ending(),
		"grace":          grace(),
		"ring_advanced":  advanced(),
		"ring_waits":     ringWaits(),
		"recurred":       recurred(), "not_evaluated": notEvaluated(),
		"not_onboarded": {
			Kind: notice.NotOnboarded, Account: "333333333333", When: at(),
			Why:  "The role salve-remediation could not be assumed: no role trust policy allows sts:AssumeRole.",
			ToDo: "Roll deploy/member.yaml out to the account; waiting findings are then handled by themselves.",
		},
	}
}

// ending is the end of an exception that comes.
func ending() notice.Notice {
	return notice.Notice{
		Kind: notice.Ending, Control: "S3.8", Account: "222222222222", Resource: "arn:aws:s3:::site-*", When: at(),
		Until: at().Add(48 * time.Hour),
		Why:   "The exception xq3k7m2ab9 for S3.8 (owner web, ticket SEC-12) ends with 2027-03-31 (UTC): static web site",
		ToDo:  "salve exceptions list --control S3.8, then add another one, or let it end.",
	}
}

// grace is something that Salve fixes on a day.
func grace() notice.Notice {
	return notice.Notice{
		Kind: notice.Grace, Control: "S3.8", Title: "S3 buckets should block public access", Severity: "HIGH",
		Account: "222222222222", Region: "eu-west-1", Resource: "arn:aws:s3:::site", When: at(),
		Until: at().Add(336 * time.Hour),
		Why:   "The configuration gives others time. Salve acts from 2026-12-15 08:00 UTC on, unless it was fixed by then.",
		ToDo:  "salve history --account 222222222222 --control S3.8 --open",
	}
}

// advanced is a control that has come to the next ring.
func advanced() notice.Notice {
	return notice.Notice{
		Kind: notice.Advanced, Control: "S3.8", Title: "S3 buckets should block public access", Severity: "HIGH",
		Who: "Salve itself", Actor: "Salve", When: at(),
		Why: "10 fixes in ring lab were verified, and confirmed by Security Hub; the last was run r06gvqao51pq4d1cv. From" +
			" now on it acts by itself in ring dev too.",
		ToDo: "salve replay --control S3.8 --since 30d shows what it has left alone there",
		Undo: "salve rings back S3.8",
	}
}

// ringWaits is one that would, and does not.
func ringWaits() notice.Notice {
	return notice.Notice{
		Kind: notice.RingWaits, Control: "S3.8", Title: "S3 buckets should block public access", Severity: "HIGH",
		Who: "Salve itself", Actor: "Salve", When: at(),
		Why: "10 fixes in ring lab have held, and it would move on to ring dev. This speaks against it: run" +
			" r06gvqao51pq4d1cv was taken back by ada, on arn:aws:s3:::site in 222222222222.",
		ToDo: "salve rings list --control S3.8, then salve rings advance S3.8 --yes if it is nothing",
	}
}

// notEvaluated is an account that does not let AWS Config be asked.
func notEvaluated() notice.Notice {
	return notice.Notice{
		Kind: notice.NotEvaluated, Account: "333333333333", Region: "eu-west-1", When: at(),
		Why:  "No identity-based policy allows config:StartConfigRulesEvaluation.",
		ToDo: "Deploy deploy/member.yaml with EvaluateAgain=Allowed there.",
	}
}

// recurred is a fix that somebody or something has taken back.
func recurred() notice.Notice {
	n := about(notice.Recurred)
	n.Why = "Read again on 2026-07-08, it is not as run " + n.RunID + " left it. Security Hub reports it by itself."
	n.Undo, n.ToDo = "", "salve history --resource "+n.Resource
	return n
}

// manyDenied sums up a wave of refusals.
func manyDenied(denied notice.Notice) notice.Notice {
	var notices []notice.Notice
	for i, name := range []string{"web", "logs-eu", "archive"} {
		n := denied
		n.Resource, n.RunID = "arn:aws:s3:::"+name, "01JD7K2"+string(rune('A'+i))
		notices = append(notices, n)
	}
	return notice.Summarise(notices)[0]
}

// digest sums up three fixes in two Regions.
func digest() notice.Notice {
	var notices []notice.Notice
	for i, name := range []string{"web", "logs-eu", "archive"} {
		n := about(notice.Fixed)
		n.Resource, n.RunID = "arn:aws:s3:::"+name, "01JD7K2"+string(rune('A'+i))
		n.When = at().Add(time.Duration(i) * time.Minute)
		if name == "web" {
			n.Region = "us-east-1"
		}
		notices = append(notices, n)
	}
	return notice.Summarise(notices)[0]
}

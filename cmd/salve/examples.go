package main

import (
	"maps"
	"strings"

	"github.com/alecthomas/kong"
)

// examples are calls of each command, which its help shows.
func examples() map[string][]string {
	all := setupExamples()
	maps.Copy(all, map[string][]string{
		"demo":        {"salve demo"},
		"lab start":   {"salve lab start --deploy", "salve lab start --name other --region eu-west-1,us-east-1"},
		"lab stop":    {"salve lab stop"},
		"lab reset":   {"salve lab reset"},
		"lab status":  {"salve lab status", "salve lab status -o json"},
		"lab env":     {`eval "$(salve lab env)"`, `eval "$(salve lab env --account management)"`},
		"lab finding": {"salve lab finding S3.8 arn:aws:s3:::logs --account 222222222222"},
		"lab advance": {"salve lab advance 20m"},
		"lab click":   {"salve lab click 87a8e524-d79f-5400-b619-234db5f6abc8", "salve lab click 87a8e524 --action plan"},
		"lab fault": {
			"salve lab fault --service s3 --operation PutPublicAccessBlock --error throttle --count 3",
			"salve lab fault --clear",
		},
		"runbooks list": {"salve runbooks list", "salve runbooks list --configured"},
		"runbooks show": {
			"salve runbooks show Salve-CloseBucket", "salve runbooks show AWS-StopEC2Instance --account 222222222222",
		},
		"runbooks plan":     {"salve runbooks plan Salve-CloseBucket arn:aws:s3:::logs --account 222222222222"},
		"runbooks run":      {"salve runbooks run Salve-CloseBucket arn:aws:s3:::logs --account 222222222222 --yes"},
		"runbooks validate": {"salve runbooks validate ssm-documents/*/*.yaml", "salve runbooks validate - -o json"},
		"actions list":      {"salve actions list"},
		"actions create":    {"salve actions create"},
		"actions delete":    {"salve actions delete --yes"},
		"controls list":     {"salve controls list", "salve controls list -o csv"},
		"controls show":     {"salve controls show S3.8"},
		"standards":         {"salve standards", "salve standards cis-5.0.0"},
		"findings list":     {"salve findings list", "salve findings list --control S3.8 --status NOTIFIED"},
		"assess":            assessExamples(),
		"plan":              {"salve plan S3.8 arn:aws:s3:::logs --account 222222222222", "salve plan 87a8e524"},
		"apply":             {"salve apply S3.8 arn:aws:s3:::logs --account 222222222222 --yes", "salve apply 87a8 --yes"},
		"undo":              {"salve undo r06gvqao51pq", "salve undo 87a8 --yes", "salve undo --control S3.* --since 2h"},
		"verify":            {"salve verify r06gvqao51pq4d1cv"},
		"handle":            {"salve handle event.json"},
		"rehearse":          rehearseExamples(),
		"replay":            {"salve replay --dead --yes", "salve replay --since 7d --control S3.8 --yes"},
		"history":           {"salve history --since 7d --status failed", "salve history --account 222222222222 --open"},
		"show":              {"salve show r06gvqao51pq4d1cv", "salve show r06gvqao51 -o json"},
		"approvals":         {"salve approvals", "salve approvals --account 222222222222 -o json"},
		"approve":           {"salve approve r06gvqao51", `salve approve r06gvqao51 --yes --reason "change 7"`},
		"deny":              {`salve deny r06gvqao51 --yes --reason "the shop needs it until May"`},
		"enable":            enableExamples(),
		"disable":           {`salve disable S3.8 --reason "breaks the web shop"`, "salve disable S3.8 --region eu-*"},
		"exceptions list":   {"salve exceptions list", "salve exceptions list --control S3.8 --all"},
		"exceptions add":    exceptionExamples(),
		"exceptions expire": {"salve exceptions expire xq3k7m2ab9", "salve exceptions expire xq3k7m2ab9 --yes"},
		"rings list":        {"salve rings list", "salve rings list --control S3.*"},
		"rings history":     {"salve rings history"},
		"rings advance":     {"salve rings advance S3.8", "salve rings advance S3.8 --to everywhere --yes"},
		"rings back":        {"salve rings back S3.8", `salve rings back S3.8 --to lab --reason "incident 7"`},
		"stop":              {`salve stop S3.8 --reason "breaks the web shop" --for 2h`, `salve stop --reason "incident 7"`},
		"resume":            {"salve resume S3.8", "salve resume --yes"},
		"locks list":        {"salve locks list", "salve locks list S3.8 arn:aws:s3:::logs --account 222222222222"},
		"locks release":     {"salve locks release lock#222222222222#arn:aws:s3:::logs --yes"},
		"config show":       {"salve config show", "salve config show -o json", "salve config show --config-version 7"},
		"config history":    {"salve config history"},
		"config rollback":   {"salve config rollback 7", "salve config rollback 7 --yes"},
		"config validate":   {"salve config validate salve.yaml"},
		"config diff":       {"salve config diff salve.yaml", "salve config diff --config-version 7"},
		"config push":       {"salve config push salve.yaml --yes --over 7"},
		"completion":        {`eval "$(salve completion bash)"`},
		"help":              {"salve help", "salve help config push"},
		"version":           {"salve version"},
	})
	return all
}

// setupExamples are of what brings Salve into an organization, looks after it, and takes it out.
func setupExamples() map[string][]string {
	return map[string][]string{
		"org enable": {
			"salve org enable --administrator 111111111111", "salve org enable --file org.yaml --yes",
		},
		"org status":  {"salve org status", "salve org status --accounts -o csv"},
		"org disable": {"salve org disable --service guardduty"},
		"doctor":      doctorExamples(),
		"selftest":    {"salve selftest --account 222222222222", "salve selftest --account 222222222222 --clean --yes"},
		"deploy hub": {
			"salve deploy hub", "salve deploy hub --yes --notice-email team@example.org",
			"salve deploy hub --parameter DigestSeconds=600", "salve deploy hub --drift",
		},
		"deploy members": {
			"salve deploy members --account 222222222222,333333333333", "salve deploy members --all --management --yes",
			"salve deploy members --ou ou-ab12-cd34ef56 --failure-tolerance 2",
			"salve deploy members --account 222222222222 --role-name Deployer --external-id c0ffee --yes",
		},
		"upgrade": {"salve upgrade --yes", "salve upgrade --rollback", "salve upgrade --rollback --to 3 --yes"},
		"destroy": {"salve destroy", "salve destroy --account 222222222222,333333333333 --yes"},
	}
}

func enableExamples() []string {
	return []string{
		"salve enable S3.8 --mode plan", "salve enable S3.8 --account 222222222222,333333333333",
		"salve enable S3.8 --except-account 222222222222 --yes", "salve enable cis-5.0.0 --region eu-* --tag env=dev",
		"salve enable IAM.7 --param length=20", "salve enable --default plan", "salve enable S3.8 --lift",
		"salve enable S3.8 --resource arn:aws:s3:::team-* --except tag=env=prod --backfill",
	}
}

func exceptionExamples() []string {
	return []string{
		`salve exceptions add S3.8 arn:aws:s3:::site --reason "static web site" --owner web@example.org --until 2027-03-31`,
		`salve exceptions add 'S3.*' 'arn:aws:s3:::site-*' --account 222222222222 --reason "web sites" --ticket SEC-12`,
		`salve exceptions add '*' --account 222222222222 --reason "moves to another unit" --for 30d`,
	}
}

func doctorExamples() []string {
	return []string{
		"salve doctor", "salve doctor S3.8 --account 222222222222",
		"salve doctor S3.8 --account 222222222222 --region eu-west-1", "salve doctor --all",
	}
}

// exemplify puts the examples into the help of each command.
func exemplify(model *kong.Application) {
	all := examples()
	for _, leaf := range model.Leaves(true) {
		if list := all[words(leaf)]; len(list) > 0 {
			text := "Examples:\n\n  " + strings.Join(list, "\n  ")
			leaf.Detail = strings.TrimPrefix(leaf.Detail+"\n\n"+text, "\n\n")
		}
	}
}

// words are those of a command, without its arguments.
func words(n *kong.Node) string {
	text := n.Name
	for p := n.Parent; p != nil && p.Type == kong.CommandNode; p = p.Parent {
		text = p.Name + " " + text
	}
	return text
}

// assessExamples are of the look before anything is decided.
func assessExamples() []string {
	return []string{
		"salve assess", "salve assess --control S3.* --standard cis-5.0.0 --html assessment.html",
		"salve assess --access-role OrganizationAccountAccessRole --ou ou-ab12-prod1234 -o csv",
	}
}

func rehearseExamples() []string {
	return []string{
		"salve rehearse findings.json --config new.yaml", "salve rehearse events/ --config new.yaml --current salve.yaml",
		"salve rehearse - --config new.yaml --each -o csv",
	}
}

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/release"
)

// guide follows docs/rollout.md in a bare lab with five members, as a person with a shell and two profiles does.
type guide struct {
	*lab.Lab
	text  string // the page
	salve string // the program
	dir   string // where the person works: dist is below
}

func newGuide(t *testing.T) guide {
	t.Helper()
	page, err := os.ReadFile("../docs/rollout.md")
	if err != nil {
		t.Fatal(err)
	}
	g := guide{text: string(page), dir: t.TempDir()}
	g.salve = filepath.Join(g.dir, "salve")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", g.salve, "../cmd/salve")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	function, err := program()
	if err != nil {
		t.Fatal(err)
	}
	zip, err := release.Zip(function)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(g.dir, "salve.zip"), zip, 0o600); err != nil {
		t.Fatal(err)
	}
	g.Lab, err = lab.Start(t.Context(), lab.Options{Bare: true, Members: []string{
		"222222222222", "333333333333", "444444444444", "555555555555", "666666666666",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// does runs a command that stands in the guide, with what the guide leaves to the reader put in, as an account's root.
func (g guide) does(t *testing.T, account, command string, put ...string) string {
	t.Helper()
	if !strings.Contains(g.text, command) {
		t.Fatalf("the guide does not say %q", command)
	}
	words := strings.Fields(strings.NewReplacer(put...).Replace(command))
	cmd := exec.CommandContext(t.Context(), g.salve, words[1:]...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+g.Endpoint(), "AWS_ACCESS_KEY_ID="+account,
		"AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=", "AWS_REGION="+g.Region(), "NO_COLOR=1")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", command, err, out.String(), said.String())
	}
	return out.String()
}

// deployer is the role that the guide asks for in members: it trusts the hub's account.
func (g guide) deployer(t *testing.T, account string) {
	t.Helper()
	client := iam.NewFromConfig(g.Config(account, g.Region()))
	_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("Deployer"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{` +
			`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + g.Hub() + `:root"},"Action":"sts:AssumeRole"}]}`),
	})
	if err == nil {
		_, err = client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{
			RoleName: aws.String("Deployer"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess"),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheGuide goes from nothing to an organization's services, a hub, five members and the first fix that nobody asked
// for by hand, by the commands of docs/rollout.md alone.
func TestTheGuide(t *testing.T) {
	g := newGuide(t)
	began := time.Now()
	g.does(t, g.Management(), "salve org enable --administrator 111111111111 --yes")
	const hub = "salve deploy hub --notice-email security@example.org --parameter OperatorPrincipals=PATTERN --yes"
	g.does(
		t,
		g.Hub(),
		hub,
		"PATTERN",
		"arn:aws:iam::"+g.Hub()+":root",
		"--yes",
		"--yes --zip salve.zip --parameter DigestSeconds=0",
	) // told at once
	for _, account := range g.Members() {
		g.deployer(t, account)
	}
	const some = "222222222222,333333333333"
	g.does(t, g.Hub(), "salve deploy members --account "+some+" --role-name Deployer --yes",
		some, strings.Join(g.Members(), ","))
	g.does(t, g.Hub(), "salve enable SSM.7 --account 222222222222", "222222222222", "222222222222 --yes")

	w := world{Lab: g.Lab}
	w.events = w.listen(t, "arn:aws:sns:"+g.Region()+":"+g.Hub()+":salve-notices")
	w.report(t, labhub.FindingSpec{
		Control: "SSM.7", Consolidated: true, Account: "222222222222", Resource: "AWS::::Account:222222222222",
		ResourceType: "AwsAccount",
	})
	if notice := w.told(t); notice["kind"] != "fixed" || notice["account"] != "222222222222" {
		t.Errorf("notice %v", notice)
	}
	t.Logf("from nothing to the first automatic fix: %s", time.Since(began).Round(time.Second))

	if history := g.does(t, g.Hub(), "salve history --since 1d"); strings.Count(history, " verified") != 1 {
		t.Errorf("history: %s", history)
	}
}

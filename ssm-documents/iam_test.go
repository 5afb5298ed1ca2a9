package ssmdocuments

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// denyAll is the policy that contains.
const denyAll = "arn:aws:iam::aws:policy/AWSDenyAll"

// nameOf is how the calls about a kind of principal name it.
func nameOf(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] + "Name" }

// suspect makes a user or a role and returns its ARN.
func (w world) suspect(kind string) string {
	w.Helper()
	if kind == "role" {
		made := w.do("iam", "create_role", m{
			"Path": "/app/", "RoleName": "suspect",
			"AssumeRolePolicyDocument": fmt.Sprintf(trust, w.account),
		})
		return text(made, "Role.Arn")
	}
	return text(w.do("iam", "create_user", m{"Path": "/app/", "UserName": "suspect"}), "User.Arn")
}

// attached are the ARNs of the policies that are attached to the suspect.
func (w world) attached(kind string) []string {
	w.Helper()
	var arns []string
	listed := w.do("iam", "list_attached_"+kind+"_policies", m{nameOf(kind): "suspect"})
	for _, one := range at(listed, "AttachedPolicies").([]any) {
		arns = append(arns, text(one, "PolicyArn"))
	}
	return arns
}

func principalScenes() []scene {
	var out []scene
	for _, kind := range []string{"user", "role"} {
		suspected := func(w world) map[string][]string { return one("PrincipalArn", w.suspect(kind)) }
		out = append(out, scene{
			document: "Salve-ContainPrincipal", name: kind, make: suspected,
			left: func(w world, _ map[string][]string) string {
				if now := w.attached(kind); !slices.Equal(now, []string{denyAll}) {
					return fmt.Sprintf("its policies are %q", now)
				}
				return ""
			},
		}, scene{
			document: "Salve-ReleasePrincipal", name: kind,
			make: func(w world) map[string][]string {
				parameters := suspected(w)
				w.do("iam", "attach_"+kind+"_policy", m{nameOf(kind): "suspect", "PolicyArn": denyAll})
				return parameters
			},
			left: func(w world, _ map[string][]string) string {
				if now := w.attached(kind); len(now) > 0 {
					return fmt.Sprintf("its policies are %q", now)
				}
				return ""
			},
		})
	}
	return out
}

// TestContainedMeansContained: a user who may do everything may do nothing then, and everything once it is released.
func TestContainedMeansContained(t *testing.T) {
	w := newWorld(t)
	arn := w.suspect("user")
	w.do("iam", "put_user_policy", m{"UserName": "suspect", "PolicyName": "p", "PolicyDocument": everything})
	key := w.do("iam", "create_access_key", m{"UserName": "suspect"})
	denied := func() bool {
		cfg := w.lab.Config(w.account, w.lab.Region())
		cfg.Credentials = credentials.NewStaticCredentialsProvider(
			text(key, "AccessKey.AccessKeyId"), text(key, "AccessKey.SecretAccessKey"), "")
		_, err := iam.NewFromConfig(cfg).ListUsers(t.Context(), nil)
		return fault.Of(err) == fault.Denied
	}
	if denied() {
		t.Fatal("it may do nothing from the beginning")
	}
	e := w.run(document(t, "Salve-ContainPrincipal"), one("PrincipalArn", arn))
	if !denied() {
		t.Errorf("it still has its rights: %s", steps(e))
	}
	w.do("iam", "delete_role_policy", m{"RoleName": "salve-principals", "PolicyName": "runbooks"})
	w.do("iam", "delete_role", m{"RoleName": "salve-principals"})
	e = w.run(document(t, "Salve-ReleasePrincipal"), one("PrincipalArn", arn))
	if denied() {
		t.Errorf("it has not got its rights back: %s", steps(e))
	}
}

// TestTheFamilyAttachesNothingElse: whoever lends the role to a document of his own can take rights with it, and give
// nobody any.
func TestTheFamilyAttachesNothingElse(t *testing.T) {
	w := newWorld(t)
	arn := w.suspect("user")
	d := document(t, "Salve-ContainPrincipal")
	d.Content = strings.ReplaceAll(d.Content, "policy/AWSDenyAll", "policy/AdministratorAccess")
	e := w.until(w.start(d, d.Permissions, one("PrincipalArn", arn)), ended)
	if !strings.Contains(steps(e), "AccessDenied") || len(w.attached("user")) > 0 {
		t.Errorf("its policies are %q: %s", w.attached("user"), steps(e))
	}
}

// TestWhoIsNotContained: refused before anything changes.
func TestWhoIsNotContained(t *testing.T) {
	contained := func(w world) { w.do("iam", "attach_user_policy", m{"UserName": "suspect", "PolicyArn": denyAll}) }
	for name, c := range map[string]struct {
		arn, says string
		before    func(world)
	}{
		"another account": {"arn:aws:iam::333333333333:user/app/suspect", "another account", nil},
		"Salve's family": {
			"arn:aws:iam::222222222222:role/salve/automation/salve-principals", "belongs to AWS or to Salve", nil,
		},
		"Salve itself": {"arn:aws:iam::222222222222:role/salve-remediation", "belongs to AWS or to Salve", nil},
		"a service's":  {"arn:aws:iam::222222222222:role/aws-service-role/x/AWSServiceRoleForX", "belongs to AWS", nil},
		"of Identity Center": {
			"arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_1", "belongs to AWS", nil,
		},
		"nobody":    {"arn:aws:iam::222222222222:user/nobody", "NoSuchEntity", nil},
		"contained": {"arn:aws:iam::222222222222:user/app/suspect", "contained already", contained},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.suspect("user")
			if c.before != nil {
				c.before(w)
			}
			e := w.run(document(t, "Salve-ContainPrincipal"), one("PrincipalArn", c.arn))
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) ||
				strings.Contains(steps(e), "Deny") {
				t.Errorf("%s", steps(e))
			}
		})
	}
}

// TestPrincipalScripts: IAM may take a moment to show what was attached.
func TestPrincipalScripts(t *testing.T) {
	none, contained := m{"AttachedPolicies": []any{}}, m{"AttachedPolicies": []any{m{"PolicyName": "AWSDenyAll"}}}
	seen := func(name, says string, slept float64, answers ...any) scriptCase {
		c := scriptCase{
			Name: name, Events: m{"Kind": "user", "Name": "u"}, says: says, slept: slept,
			Answers: map[string][]any{"iam.list_attached_user_policies": answers},
		}
		if says == "" {
			c.result = m{"Contained": true}
		}
		return c.of(t, "Salve-ContainPrincipal", "Prove")
	}
	freed := scriptCase{
		Name: "never", Events: m{"Kind": "role", "Name": "r"}, says: "still attached", slept: 60,
		Answers: map[string][]any{"iam.list_attached_role_policies": {contained}},
	}
	playScripts(t, append(namedScripts(t), seen("after a while", "", 6, none, none, contained),
		seen("never", "not attached", 60, none), freed.of(t, "Salve-ReleasePrincipal", "Prove")))
}

// namedScripts are about names: those of Salve's roles are refused, under whatever path and in whatever letters, and
// what only looks like one is contained.
func namedScripts(t *testing.T) []scriptCase {
	var out []scriptCase
	add := func(principal, says string) {
		kind, _, _ := strings.Cut(principal, "/")
		c := scriptCase{
			Name: principal, Events: m{"Arn": "arn:aws:iam::1:" + principal, "Account": "1"}, says: says,
			Answers: map[string][]any{"iam.list_attached_" + kind + "_policies": {m{"AttachedPolicies": []any{}}}},
		}
		if says == "" {
			c.result = m{"Kind": kind, "Name": principal[strings.LastIndex(principal, "/")+1:]}
		}
		out = append(out, c.of(t, "Salve-ContainPrincipal", "Read"))
	}
	for _, name := range names.OwnRoles() {
		add("role/"+name, "belongs to AWS or to Salve")
		add("role/app/"+strings.ToUpper(name), "belongs to AWS or to Salve")
		add("user/"+name, "")
		add("role/"+name+"-2", "")
	}
	for _, path := range names.OwnPaths() {
		add("role"+path+"salve-x", "belongs to AWS or to Salve")
		add("role/app"+path+"salve-x", "")
	}
	add("role/salve-evil", "")
	add("role"+names.UserRoles+"closer", "")
	return out
}

// TestTheRightsOfAPrincipalStay: a failure before the one call leaves everything as it was.
func TestTheRightsOfAPrincipalStay(t *testing.T) {
	for _, c := range []struct{ document, without string }{
		{"Salve-ContainPrincipal", "iam:AttachUserPolicy"}, {"Salve-ReleasePrincipal", "iam:DetachUserPolicy"},
	} {
		t.Run(c.document, func(t *testing.T) {
			w := newWorld(t)
			d, arn := document(t, c.document), w.suspect("user")
			if strings.Contains(c.document, "Release") {
				w.do("iam", "attach_user_policy", m{"UserName": "suspect", "PolicyArn": denyAll})
			}
			before := w.attached("user")
			e := w.until(w.start(d, without(d.Permissions, c.without), one("PrincipalArn", arn)), ended)
			if text(e, "AutomationExecutionStatus") != "Failed" || !slices.Equal(before, w.attached("user")) {
				t.Errorf("%q became %q: %s", before, w.attached("user"), steps(e))
			}
		})
	}
}

// everything is a policy that allows everything.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

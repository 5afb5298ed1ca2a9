package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestModulesAreCurrent: what the parameters mean is held by the tests of the modules, in deploy.
func TestModulesAreCurrent(t *testing.T) {
	for module, tc := range map[string]struct{ template, stack string }{
		"hub":     {"hub.yaml", "aws_cloudformation_stack.hub"},
		"members": {"member.yaml", ""},
	} {
		out, deploy := t.TempDir(), filepath.Join("..", "..", "..", "deploy")
		if err := run(filepath.Join(deploy, tc.template), out, tc.stack); err != nil {
			t.Fatal(err)
		}
		written, err := os.ReadDir(out)
		if err != nil || len(written) == 0 {
			t.Fatalf("nothing was written (%v)", err)
		}
		for _, file := range written {
			want, err := os.ReadFile(filepath.Join(out, file.Name()))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(deploy, "terraform", module, file.Name())
			if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
				t.Errorf("%s is not what the template says: run go generate ./deploy (%v)", path, err)
			}
		}
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"OrgId": "org_id", "KmsKeyArn": "kms_key_arn", "VPCSubnetIds": "vpc_subnet_ids", "Path": "path", "UseVPC": "use_vpc",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestTerraformPattern(t *testing.T) {
	for pattern, want := range map[string]string{
		`^$|^a{2,3}$`: `^(?:^$|^a{2,3}$)$`, `^\w{2,1224}$`: `^(?:^\w{2,}$)$`, `[a`: "",
	} {
		got, err := terraformPattern(pattern)
		if (err != nil) != (want == "") || got != want {
			t.Errorf("%s is %s (%v), want %s", pattern, got, err, want)
		}
	}
}

// TestWhatIsNotKnownIsAnError: a property of a parameter that is left out of the module would be a weaker check.
func TestWhatIsNotKnownIsAnError(t *testing.T) {
	for parameter, want := range map[string]string{
		"{Type: String, Invented: 1}":                "Invented",
		"{Type: AWS::SSM::Parameter::Value<String>}": "AWS::SSM::Parameter::Value<String>",
		"{Type: String, AllowedPattern: \"[a\"}":     "pattern",
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "template.yaml")
		if err := os.WriteFile(path, []byte("Parameters:\n  A: "+parameter+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run(path, folder, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %s", parameter, err, want)
		}
	}
}

// TestKinds: types of parameters that the templates may come to have.
func TestKinds(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "template.yaml")
	template := `
Parameters:
  SubnetIds: {Type: "List<AWS::EC2::Subnet::Id>", Default: "", Description: Subnets}
  RoleName: {Type: String, MinLength: 1, MaxLength: 64, ConstraintDescription: short, Description: A name}
Outputs:
  Maybe: {Description: Under a condition, Condition: Has, Value: !Ref RoleName}
`
	if err := os.WriteFile(path, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(path, folder, "aws_cloudformation_stack.hub"); err != nil {
		t.Fatal(err)
	}
	for file, wants := range map[string][]string{
		"parameters.tf": {
			"list(string)", `join(",", var.subnet_ids)`, "length(var.role_name) >= 1", "length(var.role_name) <= 64",
		},
		"outputs.tf": {`try(aws_cloudformation_stack.hub.outputs["Maybe"], null)`},
	} {
		got, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(got), want) {
				t.Errorf("%s lacks %s:\n%s", file, want, got)
			}
		}
	}
}

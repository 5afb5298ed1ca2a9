package deploy_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/salve-security/salve/deploy"
)

// terraformModules are the modules, each with the template that it drives, what it makes and what it looks up.
func terraformModules() map[string]struct {
	template, text string
	blocks, stacks []string
} {
	return map[string]struct {
		template, text string
		blocks, stacks []string
	}{
		"hub": {"hub.yaml", deploy.Hub(), []string{
			"data aws_s3_bucket code", "resource aws_cloudformation_stack hub",
			"resource aws_s3_object program", "resource aws_s3_object template",
		}, []string{"aws_cloudformation_stack hub"}},
		"members": {"member.yaml", deploy.Member(), []string{
			"data aws_s3_bucket template", "resource aws_cloudformation_stack member",
			"resource aws_cloudformation_stack_set members", "resource aws_cloudformation_stack_set_instance members",
			"resource aws_s3_object template",
		}, []string{"aws_cloudformation_stack member", "aws_cloudformation_stack_set members"}},
	}
}

// TestTerraformMakesWhatIsListed: and grants nothing by itself.
func TestTerraformMakesWhatIsListed(t *testing.T) {
	for name, want := range terraformModules() {
		t.Run(name, func(t *testing.T) {
			m := newModule(t, name)
			var made []string
			for _, b := range m.blocks {
				switch b.Type {
				case "resource", "data":
					made = append(made, b.Type+" "+strings.Join(b.Labels, " "))
				case "variable", "output", "locals", "terraform":
				default:
					t.Errorf("a block %s %v: a module that is used with for_each or by others has none", b.Type, b.Labels)
				}
			}
			slices.Sort(made)
			if d := cmp.Diff(want.blocks, made); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestTerraformArguments: the provider has them, by its documentation of versions 5 and 6, in which the Region of an
// instance has two names.
func TestTerraformArguments(t *testing.T) {
	known := map[string]string{
		"aws_s3_bucket": "bucket", "aws_s3_object": "bucket key source source_hash content_type",
		"aws_cloudformation_stack": "name template_url parameters capabilities tags",
		"aws_cloudformation_stack_set": "name description permission_model call_as template_url parameters capabilities " +
			"tags auto_deployment managed_execution operation_preferences",
		"aws_cloudformation_stack_set_instance": "stack_set_name call_as deployment_targets operation_preferences",
		"auto_deployment":                       "enabled retain_stacks_on_account_removal",
		"managed_execution":                     "active", "deployment_targets": "organizational_unit_ids",
		"operation_preferences": "failure_tolerance_percentage max_concurrent_percentage",
		"lifecycle":             "create_before_destroy ignore_changes",
	}
	var look func(kind string, body *hclsyntax.Body)
	look = func(kind string, body *hclsyntax.Body) {
		names := strings.Fields(known[kind])
		if names == nil {
			t.Errorf("%s is not known", kind)
		}
		for name := range body.Attributes {
			if !slices.Contains(append(names, "count", "for_each", "depends_on"), name) {
				t.Errorf("%s has no argument %s", kind, name)
			}
		}
		for _, b := range body.Blocks {
			if !slices.Contains(append(names, "lifecycle"), b.Type) {
				t.Errorf("%s has no block %s", kind, b.Type)
			}
			look(b.Type, b.Body)
		}
	}
	for name := range terraformModules() {
		for _, b := range newModule(t, name).blocks {
			if b.Type == "resource" || b.Type == "data" {
				look(b.Labels[0], b.Body)
			}
		}
	}
}

// TestTerraformVersions: both ends of what it was written for.
func TestTerraformVersions(t *testing.T) {
	for name := range terraformModules() {
		settings := newModule(t, name).block(t, "terraform").Body
		if got := text(t, settings.Attributes["required_version"].Expr, nil); got != ">= 1.3" {
			t.Errorf("%s: required_version %q", name, got)
		}
		for _, b := range settings.Blocks {
			if b.Type != "required_providers" || len(b.Body.Attributes) != 1 {
				t.Errorf("%s: a block %s with %d entries", name, b.Type, len(b.Body.Attributes))
				continue
			}
			value, diagnostics := b.Body.Attributes["aws"].Expr.Value(nil)
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			aws := value.AsValueMap()
			if aws["source"].AsString() != "hashicorp/aws" || aws["version"].AsString() != ">= 5.0, < 7.0" {
				t.Errorf("%s: provider %v", name, aws)
			}
		}
	}
}

// TestTerraformDrivesTheTemplate: what is uploaded is the template of this release, by the name of its checksum, and
// the stacks take it from there with the parameters and nothing else that could widen them.
func TestTerraformDrivesTheTemplate(t *testing.T) {
	for name, want := range terraformModules() {
		t.Run(name, func(t *testing.T) {
			m := newModule(t, name)
			sum := fmt.Sprintf("%x", sha256.Sum256([]byte(want.text)))
			object := m.block(t, "resource", "aws_s3_object", "template").Body
			path := text(t, object.Attributes["source"].Expr, m.context(t, nil))
			content, err := os.ReadFile(path)
			if err != nil || string(content) != want.text || filepath.Base(path) != want.template {
				t.Errorf("%s is not %s (%v)", path, want.template, err)
			}
			key := text(t, object.Attributes["key"].Expr, m.context(t, nil))
			if kind := strings.TrimSuffix(want.template, ".yaml"); key != "salve/"+kind+"-"+sum+".yaml" {
				t.Errorf("key %s, checksum %s", key, sum)
			}
			for _, stack := range want.stacks {
				m.drives(t, stack, key)
			}
		})
	}
}

// drives wants a stack of the uploaded template, with the parameters, and no right but to make named roles.
func (m module) drives(t *testing.T, stack, key string) {
	t.Helper()
	body := m.block(t, append([]string{"resource"}, strings.Fields(stack)...)...).Body
	ctx := m.context(t, nil)
	if url := text(t, body.Attributes["template_url"].Expr, ctx); url != "https://bucket.s3.example/"+key {
		t.Errorf("%s: template_url %s", stack, url)
	}
	if source(m, body.Attributes["parameters"].Expr.Range()) != "local.parameters" {
		t.Errorf("%s: its parameters are not local.parameters", stack)
	}
	capabilities := evaluate(t, body.Attributes["capabilities"].Expr, ctx).AsValueSlice()
	if len(capabilities) != 1 || capabilities[0].AsString() != "CAPABILITY_NAMED_IAM" {
		t.Errorf("%s: capabilities %#v", stack, capabilities)
	}
	for _, name := range []string{"template_body", "iam_role_arn", "execution_role_name", "disable_rollback"} {
		if body.Attributes[name] != nil {
			t.Errorf("%s: has %s", stack, name)
		}
	}
}

// TestTerraformStackSet: new accounts become members by themselves, and the Region is the provider's.
func TestTerraformStackSet(t *testing.T) {
	m := newModule(t, "members")
	set := m.block(t, "resource", "aws_cloudformation_stack_set", "members").Body
	if got := text(t, set.Attributes["permission_model"].Expr, nil); got != "SERVICE_MANAGED" {
		t.Errorf("permission_model %s", got)
	}
	auto := inner(t, set, "auto_deployment")
	for attribute, want := range map[string]bool{"enabled": true, "retain_stacks_on_account_removal": false} {
		value, diagnostics := auto.Attributes[attribute].Expr.Value(nil)
		if diagnostics.HasErrors() || value.True() != want {
			t.Errorf("%s is not %v (%v)", attribute, want, diagnostics)
		}
	}
	instance := m.block(t, "resource", "aws_cloudformation_stack_set_instance", "members").Body
	for _, attribute := range []string{"region", "stack_set_instance_region", "account_id", "parameter_overrides"} {
		if instance.Attributes[attribute] != nil {
			t.Errorf("the instances say %s", attribute)
		}
	}
	// A secret that is ignored would be written as **** by the next update.
	for _, b := range m.blocks {
		for _, nested := range b.Body.Blocks {
			if a := nested.Body.Attributes["ignore_changes"]; a != nil &&
				source(m, a.Expr.Range()) != "[administration_role_arn]" {
				t.Errorf("%v ignores %s", b.Labels, source(m, a.Expr.Range()))
			}
		}
	}
}

// TestTerraformOutputs: those of the stack, by its names.
func TestTerraformOutputs(t *testing.T) {
	m := newModule(t, "hub")
	var want, got []string
	for name := range object(t, parse(t, deploy.Hub()), "Outputs") {
		want = append(want, name)
	}
	for _, b := range m.blocks {
		if b.Type == "output" {
			value := source(m, b.Body.Attributes["value"].Expr.Range())
			_, name, _ := strings.Cut(value, `outputs["`)
			name, _, _ = strings.Cut(name, `"`)
			if plain(b.Labels[0]) != plain(name) {
				t.Errorf("output %s is %s", b.Labels[0], value)
			}
			got = append(got, name)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestTerraformIsFormatted: as terraform fmt would have it.
func TestTerraformIsFormatted(t *testing.T) {
	for name := range terraformModules() {
		for path, content := range newModule(t, name).files {
			if !bytes.Equal(content, hclwrite.Format(content)) {
				t.Errorf("%s: run terraform fmt", path)
			}
		}
	}
}

func inner(t *testing.T, body *hclsyntax.Body, kind string) *hclsyntax.Body {
	t.Helper()
	for _, b := range body.Blocks {
		if b.Type == kind {
			return b.Body
		}
	}
	t.Fatalf("no block %s", kind)
	return nil
}

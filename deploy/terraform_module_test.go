package deploy_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	calls "github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// module is a Terraform module as HCL's own parser reads it, with as much of Terraform's evaluation as the modules use.
type module struct {
	folder string
	files  map[string][]byte
	blocks []*hclsyntax.Block
}

func newModule(t *testing.T, name string) module {
	t.Helper()
	m := module{folder: filepath.Join("terraform", name), files: map[string][]byte{}}
	paths, err := filepath.Glob(filepath.Join(m.folder, "*.tf"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no module in %s (%v)", m.folder, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, diagnostics := hclsyntax.ParseConfig(content, path, hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		m.files[path] = content
		m.blocks = append(m.blocks, file.Body.(*hclsyntax.Body).Blocks...)
	}
	return m
}

// block is the one block of a type with labels.
func (m module) block(t *testing.T, words ...string) *hclsyntax.Block {
	t.Helper()
	for _, b := range m.blocks {
		if b.Type == words[0] && slices.Equal(b.Labels, words[1:]) {
			return b
		}
	}
	t.Fatalf("%s has no %s", m.folder, strings.Join(words, " "))
	return nil
}

// variables are the declared ones by name.
func (m module) variables() map[string]*hclsyntax.Body {
	out := map[string]*hclsyntax.Body{}
	for _, b := range m.blocks {
		if b.Type == "variable" {
			out[b.Labels[0]] = b.Body
		}
	}
	return out
}

// context evaluates with the given variables, the others having their defaults; those without one are "given". The
// bucket is one whose name is bucket.
func (m module) context(t *testing.T, given map[string]cty.Value) *hcl.EvalContext {
	t.Helper()
	values := map[string]cty.Value{}
	for name, body := range m.variables() {
		values[name] = cty.StringVal("given")
		if a := body.Attributes["default"]; a != nil {
			values[name] = evaluate(t, a.Expr, nil)
		}
		if v, ok := given[name]; ok {
			values[name] = v
		}
	}
	bucket := cty.ObjectVal(map[string]cty.Value{
		"id": cty.StringVal("bucket"), "bucket_regional_domain_name": cty.StringVal("bucket.s3.example"),
	})
	ctx := &hcl.EvalContext{Functions: functions(), Variables: map[string]cty.Value{
		"var":  cty.ObjectVal(values),
		"path": cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(m.folder)}),
		"data": cty.ObjectVal(map[string]cty.Value{"aws_s3_bucket": cty.ObjectVal(map[string]cty.Value{
			"code": bucket, "template": bucket,
		})}),
	}}
	m.locals(t, ctx)
	return ctx
}

// locals adds local and, on the way, the object with the template, on whose key a local may rest.
func (m module) locals(t *testing.T, ctx *hcl.EvalContext) {
	t.Helper()
	locals := map[string]cty.Value{}
	waiting := map[string]hclsyntax.Expression{}
	for _, b := range m.blocks {
		if b.Type == "locals" {
			for name, a := range b.Body.Attributes {
				waiting[name] = a.Expr
			}
		}
	}
	locals["template"] = evaluate(t, waiting["template"], ctx)
	ctx.Variables["local"] = cty.ObjectVal(locals)
	key := evaluate(t, m.block(t, "resource", "aws_s3_object", "template").Body.Attributes["key"].Expr, ctx)
	ctx.Variables["aws_s3_object"] = cty.ObjectVal(map[string]cty.Value{
		"template": cty.ObjectVal(map[string]cty.Value{"key": key}),
	})
	for name, expression := range waiting {
		locals[name] = evaluate(t, expression, ctx)
	}
	ctx.Variables["local"] = cty.ObjectVal(locals)
}

// source is what stands in a range of the module.
func source(m module, r hcl.Range) string { return string(r.SliceBytes(m.files[r.Filename])) }

func evaluate(t *testing.T, expression hclsyntax.Expression, ctx *hcl.EvalContext) cty.Value {
	t.Helper()
	value, diagnostics := expression.Value(ctx)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return value
}

func text(t *testing.T, expression hclsyntax.Expression, ctx *hcl.EvalContext) string {
	t.Helper()
	return evaluate(t, expression, ctx).AsString()
}

// functions are those of Terraform that the modules call, from the library that Terraform takes them from as well.
func functions() map[string]calls.Function {
	one := func(kind cty.Type, impl func(cty.Value) (cty.Value, error), returns cty.Type) calls.Function {
		return calls.New(&calls.Spec{
			Params: []calls.Parameter{{Name: "value", Type: kind, AllowDynamicType: true}},
			Type:   calls.StaticReturnType(returns),
			Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args[0]) },
		})
	}
	return map[string]calls.Function{
		"can": tryfunc.CanFunc, "contains": stdlib.ContainsFunc, "join": stdlib.JoinFunc, "length": terraformLength(),
		"merge": stdlib.MergeFunc, "regex": stdlib.RegexFunc, "tostring": stdlib.MakeToFunc(cty.String),
		"nonsensitive": one(cty.Bool, func(v cty.Value) (cty.Value, error) { return v, nil }, cty.Bool),
		"alltrue": one(cty.List(cty.Bool), func(v cty.Value) (cty.Value, error) {
			for _, each := range v.AsValueSlice() {
				if each.False() {
					return cty.False, nil
				}
			}
			return cty.True, nil
		}, cty.Bool),
		"filesha256": one(cty.String, func(v cty.Value) (cty.Value, error) {
			content, err := os.ReadFile(v.AsString())
			return cty.StringVal(fmt.Sprintf("%x", sha256.Sum256(content))), err
		}, cty.String),
	}
}

// terraformLength is Terraform's own length, which counts the characters of a text too.
func terraformLength() calls.Function {
	return calls.New(&calls.Spec{
		Params: []calls.Parameter{{Name: "value", Type: cty.DynamicPseudoType}},
		Type:   calls.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if args[0].Type() == cty.String {
				return stdlib.Strlen(args[0])
			}
			return stdlib.Length(args[0])
		},
	})
}

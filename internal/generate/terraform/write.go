package main

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// variables are the parameters as variables, and local.parameters, which hands them to CloudFormation. A secret that
// has its default is left out: AWS answers **** for it, whatever it is, so that each plan would show a change.
func (t template) variables() (*hclwrite.File, error) {
	f := hclwrite.NewEmptyFile()
	var handed []hclwrite.ObjectAttrTokens
	var secrets strings.Builder
	for _, p := range t.parameters {
		if err := p.write(f.Body()); err != nil {
			return nil, err
		}
		f.Body().AppendNewline()
		if p.NoEcho && p.Default != nil {
			fmt.Fprintf(&secrets, ", nonsensitive(%s == %s) ? {} : { %s = %s }",
				p.variable(), literal(p.preset()), p.Name, p.handedOn().Bytes())
			continue
		}
		handed = append(handed, hclwrite.ObjectAttrTokens{
			Name: hclwrite.TokensForIdentifier(p.Name), Value: p.handedOn(),
		})
	}
	all := hclwrite.TokensForObject(handed)
	if secrets.Len() > 0 {
		all = words("merge(" + string(all.Bytes()) + secrets.String() + ")")
	}
	f.Body().AppendNewBlock("locals", nil).Body().SetAttributeRaw("parameters", all)
	return f, nil
}

// write appends one variable.
func (p parameter) write(into *hclwrite.Body) error {
	kind, err := p.kind()
	if err != nil {
		return err
	}
	b := into.AppendNewBlock("variable", []string{snake(p.Name)}).Body()
	b.SetAttributeValue("description", cty.StringVal(strings.TrimSpace(p.Description)))
	b.SetAttributeRaw("type", words(kind))
	if p.Default != nil {
		b.SetAttributeValue("default", p.preset())
	}
	b.SetAttributeValue("nullable", cty.False)
	if p.NoEcho {
		b.SetAttributeValue("sensitive", cty.True)
	}
	rules, err := p.rules()
	if err != nil {
		return err
	}
	for _, rule := range rules {
		check := b.AppendNewBlock("validation", nil).Body()
		check.SetAttributeRaw("condition", rule.condition)
		check.SetAttributeValue("error_message", cty.StringVal(rule.message))
	}
	return nil
}

// preset is the default, in the type of the variable. An empty list is what an empty text is to CloudFormation.
func (p parameter) preset() cty.Value {
	text := fmt.Sprint(p.Default)
	switch {
	case p.list() && text == "":
		return cty.ListValEmpty(cty.String)
	case p.list():
		var out []cty.Value
		for _, one := range strings.Split(text, ",") {
			out = append(out, cty.StringVal(strings.TrimSpace(one)))
		}
		return cty.ListVal(out)
	case p.Type == "Number":
		return cty.MustParseNumberVal(text)
	}
	return cty.StringVal(text)
}

// handedOn is the variable as the text that CloudFormation takes.
func (p parameter) handedOn() hclwrite.Tokens {
	switch {
	case p.list():
		return words("join(\",\", " + p.variable() + ")")
	case p.Type == "Number":
		return words("tostring(" + p.variable() + ")")
	}
	return words(p.variable())
}

func (p parameter) variable() string { return "var." + snake(p.Name) }

// allowed is one of the allowed values, in the type of the variable.
func (p parameter) allowed(v any) cty.Value {
	if p.Type == "Number" {
		return cty.MustParseNumberVal(fmt.Sprint(v))
	}
	return cty.StringVal(fmt.Sprint(v))
}

// outputs are those of the stack. One that stands under a condition may be absent.
func (t template) outputs(stack string) *hclwrite.File {
	f := hclwrite.NewEmptyFile()
	for i, r := range t.results {
		if i > 0 {
			f.Body().AppendNewline()
		}
		b := f.Body().AppendNewBlock("output", []string{snake(r.Name)}).Body()
		b.SetAttributeValue("description", cty.StringVal(strings.TrimSpace(r.Description)))
		value := stack + `.outputs["` + r.Name + `"]`
		if r.Condition != "" {
			value = "try(" + value + ", null)"
		}
		b.SetAttributeRaw("value", words(value))
	}
	return f
}

// literal is a value as it is written, with its escapes.
func literal(v cty.Value) string { return string(hclwrite.TokensForValue(v).Bytes()) }

// words are the tokens of an expression.
func words(expression string) hclwrite.Tokens {
	f, diagnostics := hclwrite.ParseConfig([]byte("x = "+expression+"\n"), "expression", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return hclwrite.Tokens{{Type: hclsyntax.TokenInvalid, Bytes: []byte(expression)}} // the tests parse what is written
	}
	return f.Body().GetAttribute("x").Expr().BuildTokens(nil)
}

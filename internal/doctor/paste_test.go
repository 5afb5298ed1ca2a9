package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// paste carries a command for the AWS CLI out, by the SDK: the operation and each option must be what the SDK calls
// them too, and a value what the field takes.
func paste(t *testing.T, cfg aws.Config, command string) {
	t.Helper()
	words := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1)
	if len(words) < 3 || words[0] != "aws" {
		t.Fatalf("not a command: %s", command)
	}
	clients := map[string]any{
		"events": eventbridge.NewFromConfig(cfg), "lambda": lambda.NewFromConfig(cfg), "sqs": sqs.NewFromConfig(cfg),
		"scheduler": scheduler.NewFromConfig(cfg), "sns": sns.NewFromConfig(cfg),
		"securityhub": securityhub.NewFromConfig(cfg), "configservice": configservice.NewFromConfig(cfg),
	}
	method := reflect.ValueOf(clients[words[1]]).MethodByName(camel(words[2]))
	if !method.IsValid() {
		t.Fatalf("the SDK has no %s of %s", camel(words[2]), words[1])
	}
	input := reflect.New(method.Type().In(1).Elem())
	for i := 3; i < len(words); i++ {
		name, value := strings.TrimPrefix(words[i], "--"), "true"
		if i+1 < len(words) && !strings.HasPrefix(words[i+1], "--") {
			i++
			value = strings.Trim(words[i], "'")
		}
		if name == "region" {
			continue
		}
		if err := set(input, camel(name), value); err != nil {
			t.Fatalf("--%s of %s: %v", name, command, err)
		}
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	if err, failed := out[1].Interface().(error); failed {
		t.Fatalf("%s: %v", command, err)
	}
}

// set fills a field by its name: with a value of JSON, a text, or a list of one text.
func set(input reflect.Value, name, value string) error {
	field, ok := input.Elem().Type().FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, name) })
	if !ok {
		return fmt.Errorf("%s has no field %s", input.Type(), name)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	for _, raw := range []string{string(text), value, "[" + string(text) + "]"} {
		if err = json.Unmarshal([]byte(raw), input.Elem().FieldByIndex(field.Index).Addr().Interface()); err == nil {
			return nil
		}
	}
	return err
}

// camel is enable-rule as the SDK writes it: EnableRule.
func camel(words string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(words, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

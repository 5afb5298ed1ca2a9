package lab

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// protocol is one of the wire formats of AWS. It decides how an error looks.
type protocol int

const (
	restJSON protocol = iota
	json10
	json11
	queryXML
	ec2XML
	restXML
	cbor
)

// protocolOf tells a request's protocol by what it carries.
func protocolOf(c *call) protocol {
	switch {
	case c.header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		return cbor
	case c.header.Get("X-Amz-Target") != "" && c.mediaType() == "application/x-amz-json-1.0":
		return json10
	case c.header.Get("X-Amz-Target") != "":
		return json11
	case c.service == "s3" || c.service == "cloudfront" || c.service == "route53":
		return restXML
	case c.service == "ec2":
		return ec2XML
	case c.mediaType() == "application/x-www-form-urlencoded" || strings.Contains(c.rawQuery, "Action="):
		return queryXML
	}
	return restJSON
}

// refusal is an error answer before it takes a protocol's shape.
type refusal struct {
	status        int
	code, message string
}

// throttle is how a service says "too many requests".
func throttle(service string, p protocol) refusal {
	switch {
	case service == "s3":
		return refusal{http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."}
	case service == "ec2":
		return refusal{http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded."}
	case p == queryXML || p == restXML:
		return refusal{http.StatusBadRequest, "Throttling", "Rate exceeded"}
	case p == restJSON:
		return refusal{http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded"}
	}
	return refusal{http.StatusBadRequest, "ThrottlingException", "Rate exceeded"}
}

// broken is how a service says "my fault".
func broken(service string, p protocol) refusal {
	const message = "We encountered an internal error. Please try again."
	code := "InternalFailure"
	switch {
	case service == "s3" || service == "ec2":
		code = "InternalError"
	case service == "lambda":
		code = "ServiceException"
	case service == "dynamodb" || p == json10:
		code = "InternalServerError"
	case service == "securityhub":
		code = "InternalException"
	}
	return refusal{http.StatusInternalServerError, code, message}
}

// coded is an error of AWS's by its code, as a fault asks for it.
func coded(code string) refusal {
	status := http.StatusBadRequest
	if strings.HasPrefix(code, "AccessDenied") || strings.HasPrefix(code, "Unauthorized") {
		status = http.StatusForbidden
	}
	return refusal{status, code, "The lab was told to answer with this error."}
}

// answer gives the refusal the shape of a protocol.
func (e refusal) answer(p protocol) *answer {
	const id = "00000000-0000-4000-8000-000000000000"
	header := http.Header{"X-Amzn-Requestid": {id}}
	var body string
	switch p {
	case queryXML:
		header.Set("Content-Type", "text/xml")
		body = fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"+
			"<RequestId>%s</RequestId></ErrorResponse>", e.code, escaped(e.message), id)
	case ec2XML:
		header.Set("Content-Type", "text/xml;charset=UTF-8")
		body = fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors>"+
			"<RequestID>%s</RequestID></Response>", e.code, escaped(e.message), id)
	case restXML:
		header.Set("Content-Type", "application/xml")
		body = fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message>"+
			"<RequestId>%s</RequestId></Error>", e.code, escaped(e.message), id)
	case cbor:
		header.Set("Content-Type", "application/cbor")
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
		body = "\xa2" + cborText("__type") + cborText(e.code) + cborText("message") + cborText(e.message)
	case restJSON, json10, json11:
		header.Set("Content-Type", map[protocol]string{
			json10: "application/x-amz-json-1.0", json11: "application/x-amz-json-1.1", restJSON: "application/json",
		}[p])
		header.Set("X-Amzn-Errortype", e.code)
		text, _ := json.Marshal(map[string]string{"__type": e.code, "message": e.message}) // strings always marshal
		body = string(text)
	}
	return &answer{status: e.status, header: header, body: []byte(body)}
}

func escaped(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text)) // a buffer takes everything
	return out.String()
}

// cborText encodes a text string of at most 255 bytes.
func cborText(text string) string {
	if len(text) > 255 {
		text = text[:255]
	}
	return "\x78" + string([]byte{byte(len(text))}) + text
}

-- An Orthanc that is only read: the filter of the Orthancs of shares, next to what checks who asks.
-- Loaded by "LuaScripts" in shares.json and anon-shares.json. Why it must be there: docs/deploy.md
--
-- A viewer's GET over DICOMweb comes to the Authorization plugin twice: as it is, and as the POST /tools/find with
-- which the DICOMweb plugin finds what it answers. The plugin asks orthanc-share about the second in the same words as
-- about POST /studies/{id}/anonymize or /merge. With DICOMWEB_FIND=true orthanc-share grants both, and this filter
-- refuses what comes from outside. Orthanc does not ask it about requests that its plugins make inside.
--
-- `method` is what Orthanc is about to do, after X-HTTP-Method-Override and ?_method=. HEAD is "GET" here.
-- Orthanc keeps one function of this name: if you have one already, make one of the two.

function IncomingHttpRequestFilter(method, uri, ip, username, httpHeaders)
  if method == 'GET' then
    return true
  end

  -- Stone's download button asks for Orthanc's name of a study. Whole paths only: what is not on this list is refused.
  -- If Orthanc Explorer 2's landing page is on this Orthanc, '/auth/tokens/decode' belongs here too.
  return method == 'POST' and uri == '/tools/lookup'
end

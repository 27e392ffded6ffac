"""The floor of the benchmark: a FastAPI service that creates and validates standard shares, as the Python
service of 2022 does on the wire. Its handlers are plain functions, which FastAPI runs in threads.

SECRET_KEY, USERS, SERVER_IDENTIFIER, PUBLIC_ORTHANC_ROOT and PUBLIC_LANDING_ROOT are its settings.
"""

import json
import os
import secrets
from datetime import datetime, timezone
from typing import Annotated, Literal, Optional
from urllib.parse import urlencode

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import RedirectResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel, ConfigDict, Field

SECRET_KEY = os.environ["SECRET_KEY"]
USERS = json.loads(os.environ["USERS"])
SERVER_IDENTIFIER = os.environ["SERVER_IDENTIFIER"]
PUBLIC_ORTHANC_ROOT = os.environ["PUBLIC_ORTHANC_ROOT"]
PUBLIC_LANDING_ROOT = os.environ["PUBLIC_LANDING_ROOT"]
LONGEST_VALIDITY = 60

app = FastAPI(openapi_url=None)


def kebab(name: str) -> str:
    return name.replace("_", "-")


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=kebab, populate_by_name=True)


class Study(Model):
    dicom_uid: Optional[str] = None
    orthanc_id: Optional[str] = None


class ShareRequest(Model):
    id: Optional[str] = None
    studies: list[Study] = Field(min_length=1)
    anonymized: bool = False
    type: Literal["osimis-viewer-publication", "stone-viewer-publication"]
    expiration_date: Optional[datetime] = None


class Question(Model):
    dicom_uid: Optional[str] = None
    orthanc_id: Optional[str] = None
    level: Literal["patient", "study", "series", "instance", "system"]
    method: Literal["get", "post", "put", "delete"]
    identifier: Optional[str] = None
    token_key: Optional[str] = None
    token_value: Optional[str] = None


class Claims(BaseModel):
    studies: list[Study]
    anonymized: bool = False
    type: str
    expiration_date: Optional[datetime] = None


def user(credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> str:
    password = USERS.get(credentials.username, "")
    same = secrets.compare_digest(password.encode(), credentials.password.encode())
    if not (password and same):
        raise HTTPException(401, "Incorrect username or password.", {"WWW-Authenticate": "Basic"})
    return credentials.username


def claims_of(token: str) -> Claims:
    payload = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    return Claims(**payload)


def seconds_left(claims: Claims) -> float:
    if claims.expiration_date is None:
        return float("inf")
    return (claims.expiration_date - datetime.now(timezone.utc)).total_seconds()


def is_shared(question: Question, study: Study) -> bool:
    pairs = [(question.dicom_uid, study.dicom_uid), (question.orthanc_id, study.orthanc_id)]
    known = [(asked, shared) for asked, shared in pairs if asked and shared]
    return bool(known) and all(asked == shared for asked, shared in known)


@app.post("/shares/validate")
def validate(
    question: Question, _user: Annotated[str, Depends(user)], token: Annotated[Optional[str], Header()] = None
):
    refused = {"granted": False, "validity": LONGEST_VALIDITY}
    try:
        claims = claims_of(token or question.token_value or "")
    except (jwt.InvalidTokenError, ValueError):
        return refused
    left = seconds_left(claims)
    granted = (
        left > 0
        and question.method == "get"
        and question.level == "study"
        and question.identifier == SERVER_IDENTIFIER
        and not claims.anonymized
        and any(is_shared(question, study) for study in claims.studies)
    )
    return {"granted": True, "validity": max(1, int(min(left, LONGEST_VALIDITY)))} if granted else refused


@app.put("/shares")
def create(share: ShareRequest, _user: Annotated[str, Depends(user)]):
    payload = share.model_dump(mode="json")
    payload["jti"] = secrets.token_hex(16)
    if share.expiration_date is not None:
        payload["exp"] = int(share.expiration_date.timestamp())
    token = jwt.encode(payload, SECRET_KEY, algorithm="HS256")
    url = f"{PUBLIC_LANDING_ROOT}?{urlencode({'token': token})}"
    return {"request": share.model_dump(mode="json", by_alias=True), "token": token, "url": url}


@app.get("/welcome/")
def welcome(token: str):
    try:
        claims = claims_of(token)
    except (jwt.InvalidTokenError, ValueError) as error:
        raise HTTPException(403, "the link does not open") from error
    if seconds_left(claims) <= 0:
        raise HTTPException(410, "the link has expired")
    studies = ",".join(study.dicom_uid or "" for study in claims.studies)
    query = urlencode({"study": studies, "token": token})
    return RedirectResponse(f"{PUBLIC_ORTHANC_ROOT}stone-webviewer/index.html?{query}", 307)
